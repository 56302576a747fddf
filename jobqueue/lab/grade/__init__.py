"""`jobqueue grade`: which exercises of submitted notebooks pass, and which failure is in the others.

Read submissions, which reads notebooks without running them, then runner: a process per notebook, which runs it in a
kernel (kernel, handover) and has another process judge the functions that it defines (judge). grade starts the runners,
table renders what they report, and strays ends processes that a notebook leaves behind.
"""
