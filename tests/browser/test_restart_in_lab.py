"""A kernel that's restarted in the middle of a lesson: what learners read, and the way back to where they were."""

import nbformat

LESSON = "03-reaper.ipynb"


def test_after_a_restart_one_line_names_the_cell_to_run_and_all_above_brings_you_back(page, lab):
    notebook = nbformat.read(lab.folder / LESSON, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None  # stored outputs must not be taken for new ones
    nbformat.write(notebook, lab.folder / LESSON)
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    act = next(index for index, source in enumerate(sources) if source == 'await four_orphans("ada")')
    page.open(LESSON)
    page.run_cell(0)
    page.wait_idle()
    page.restart()
    page.run_cell(act)
    page.wait_output_text("four_orphans comes from the cell with `async def four_orphans(name):`.")
    page.wait_output_text("If the kernel has restarted, choose Run › Run All Above Selected Cell.")
    page.screenshot("restarted")
    page.command("notebook:run-all-above")
    page.wait_idle()
    page.run_cell(act)
    page.wait_output_text("ada is dead; still pending under ada: 4")
