# Sourced by the image before a learner's server starts: their copy of the notebooks, and what `jobqueue lab` sets.
python -c 'from pathlib import Path; from jobqueue.lab.course.shelf import OWN, course, lay_out; lay_out(Path(OWN), course())'
JUPYTER_CONFIG_PATH="$(python -c 'from jobqueue.lab.course.launch import SETTINGS; print(SETTINGS)')${JUPYTER_CONFIG_PATH:+:$JUPYTER_CONFIG_PATH}"
export JUPYTER_CONFIG_PATH JUPYTER_PREFER_ENV_PATH=1
