"""The files that a host of repositories reads: workflows, templates, the changelog, how to cite, how to report."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

from jobqueue.lab import check

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
GITHUB = ROOT / ".github"
FORMS = sorted(GITHUB.glob("ISSUE_TEMPLATE/*.yml"))


def read(name):
    return (ROOT / name).read_text(encoding="utf-8")


def load(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def steps(name):
    jobs = load(GITHUB / "workflows" / name)["jobs"].values()
    return [step for job in jobs for step in job["steps"]]


def pythons(steps):
    [setup] = [step for step in steps if step.get("uses", "").startswith("actions/setup-python@")]
    return set(setup["with"]["python-version"].split())


def test_every_workflow_may_only_read_and_has_a_limit():
    workflows = [load(path) for path in GITHUB.glob("workflows/*.yml")]
    assert len(workflows) == 3
    for workflow in workflows:
        assert workflow["permissions"] == {"contents": "read"}
        assert True in workflow  # `on`, as YAML 1.1 reads it
        assert all(job["timeout-minutes"] <= 360 for job in workflow["jobs"].values())


def test_ci_runs_the_projects_own_script_on_every_python_that_it_supports():
    supported = {word.rpartition(" ")[2] for word in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", word)}
    assert pythons(steps("ci.yml")) == supported and len(supported) == 3
    assert [step["run"] for step in steps("ci.yml") if "run" in step] == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_a_release_is_built_from_a_tag_that_names_the_version_and_published_nowhere():
    workflow = load(GITHUB / "workflows" / "release.yml")
    assert workflow[True] == {"push": {"tags": ["v*"]}}
    uses = [step["uses"].partition("@")[0] for step in steps("release.yml") if "uses" in step]
    assert uses == ["actions/checkout", "actions/setup-python", "actions/upload-artifact"]
    runs = [step["run"] for step in steps("release.yml") if "run" in step]
    assert "GITHUB_REF_NAME" in runs[0] and runs[-1] == "python -m build"


def test_actions_are_named_with_their_version():
    used = [step["uses"] for name in ("ci.yml", "release.yml", "site.yml") for step in steps(name) if "uses" in step]
    assert len(used) == 9
    assert [name for name in used if not re.fullmatch(r"actions/[\w-]+@v\d+", name)] == []


@pytest.mark.parametrize("path", [path for path in FORMS if path.name != "config.yml"], ids=lambda path: path.stem)
def test_a_form_has_what_the_host_asks_of_it(path):
    form = load(path)
    assert form.keys() <= {"name", "description", "title", "labels", "body"} and form["name"] and form["description"]
    questions = [field for field in form["body"] if field["type"] != "markdown"]
    assert any(field.get("validations", {}).get("required") for field in questions)
    assert len({field["id"] for field in questions}) == len(questions)
    for field in questions:
        assert field["type"] in ("input", "textarea", "dropdown") and field["attributes"]["label"]


def test_the_form_for_a_wrong_verdict_asks_for_the_function_and_the_python():
    fields = {field["id"]: field for field in load(GITHUB / "ISSUE_TEMPLATE" / "checker.yml")["body"]}
    for needed in ("checker", "function", "verdict", "python"):
        assert fields[needed]["validations"]["required"], needed
    listed = set(re.findall(r"^    (check\.\w+) ", check.__doc__, re.MULTILINE))
    assert len(listed) == 9 and set(fields["checker"]["attributes"]["options"]) == listed


def test_what_they_name_exists():
    """Only pages have links: in an issue or a pull request, a template's relative link leads nowhere."""
    templates = "".join(path.read_text(encoding="utf-8") for path in GITHUB.rglob("*") if path.is_file())
    links = re.findall(r"\]\(([^)#:]+)\)", read("SECURITY.md") + read("CHANGELOG.md"))
    named = re.findall(r"[\w/.-]+\.md|\.ci/run", templates)
    assert links and {"SECURITY.md", "CHANGELOG.md", "notebooks/failures.md"} <= set(named)
    assert "](" not in templates
    assert [name for name in links + named if not (ROOT / name).exists()] == []


def test_the_citation_has_all_required_keys_and_invents_none():
    citation = load(ROOT / "CITATION.cff")
    assert citation["cff-version"] == "1.2.0" and citation["message"] and citation["title"].startswith(PROJECT["name"])
    assert citation["authors"] == [{"name": "The jobqueue-kit authors"}]
    assert citation["version"] == PROJECT["version"] and citation["type"] == "software"
    assert "the jobqueue-kit authors" in read("LICENSE")
    assert citation.keys().isdisjoint({"doi", "identifiers", "url", "repository", "repository-code", "date-released"})


def test_the_changelog_begins_with_the_version_in_pyproject():
    versions = re.findall(r"^## \[(.+?)\] - (unreleased|\d{4}-\d\d-\d\d)$", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0][0] == PROJECT["version"]
    kinds = re.findall(r"^### (.+)$", read("CHANGELOG.md"), re.MULTILINE)
    assert set(kinds) <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_the_page_on_security_gives_no_address_that_may_not_exist():
    assert re.findall(r"[\w.+-]+@[\w-]+\.\w+|https?://\S+", read("SECURITY.md")) == []
    assert all(word in read("SECURITY.md") for word in ("JSON", "password", "ACL", "unix socket"))
