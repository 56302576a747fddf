"""The search: a simulation that runs one schedule after another, and the simplest way to each finding.

Read run, then choices, simulation and search. process and loop are below run: one program, and the event loop of all.
graph counts schedules, and commute saves those that only swap two steps. shrink and replay show one, atlas shows all.
part is a search on one of many machines, and merge puts such parts together.
"""
