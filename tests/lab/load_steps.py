"""Steps that the tests in load/ share."""

from jobqueue import NewJob

NAP = NewJob("sleep", {"seconds": 0})
