"""Write one PBX's configuration: static files as they are, templates (*.j2) filled from a checked plan."""

import os
import shutil
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from callcenter.pbx.build import AsteriskBuild
from callcenter.pbx.errors import PbxError
from callcenter.pbx.layout import InstanceLayout
from callcenter.pbx.plan import PbxPlan, check_path
from callcenter.pbx.secret_store import write_private

DEFAULT_CONF_DIR = Path(__file__).resolve().parents[2] / "asterisk_conf"
_OWN_LANGUAGES = ("zh", "ug")


def render(
    *, plan: PbxPlan, build: AsteriskBuild, instance_dir: Path, conf_dir: Path = DEFAULT_CONF_DIR
) -> InstanceLayout:
    """Write `<instance_dir>/etc` and the instance's sounds. A running PBX reads them at its next reload.

    Raises PlanRefused for a folder that configuration cannot carry.
    """
    layout = InstanceLayout(instance_dir.resolve())
    for name, path in _paths(layout, build).items():
        check_path(name, path)
    layout.make()
    sounds = plan.sounds_dir or conf_dir / "sounds"
    _link_data(build, layout)
    languages = _copy_sounds(sounds, layout)
    files = rendered_files(plan=plan, build=build, layout=layout, conf_dir=conf_dir, languages=languages)
    for name, text in files.items():
        target = layout.etc / name
        target.parent.mkdir(exist_ok=True, mode=0o700)
        write_private(target, text)
    for stale in set(layout.etc.rglob("*.conf")) - {layout.etc / name for name in files}:
        stale.unlink()
    return layout


def rendered_files(
    *,
    plan: PbxPlan,
    build: AsteriskBuild,
    layout: InstanceLayout,
    conf_dir: Path,
    languages: tuple[str, ...] = ("zh",),
) -> dict[str, str]:
    """The configuration as {path below etc: text}; nothing is written."""
    if not (conf_dir / "extensions.conf").is_file():
        raise PbxError(f"no Asterisk configuration in {conf_dir}")
    environment = Environment(  # noqa: S701 - no HTML; values are checked by the plan's patterns
        loader=FileSystemLoader(conf_dir),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    files: dict[str, str] = {}
    for source in sorted([*conf_dir.glob("*"), *(conf_dir / "dialplan").glob("*")]):
        name = source.relative_to(conf_dir).as_posix()
        if name.endswith(".conf"):
            files[name] = source.read_text("utf-8")
        elif name.endswith(".conf.j2"):
            template = environment.get_template(name)
            files[name.removesuffix(".j2")] = template.render(
                plan=plan, build=build, paths=_paths(layout, build), languages=languages
            )
    return files


def _paths(layout: InstanceLayout, build: AsteriskBuild) -> dict[str, Path]:
    return {
        "cache": layout.cache,
        "etc": layout.etc,
        "modules": build.modules_dir,
        "var": layout.var,
        "data": layout.data,
        "spool": layout.spool,
        "run": layout.run,
        "log": layout.log,
        "monitor": layout.monitor,
        "moh": build.data_dir / "moh",
        "program": Path(build.program[-1]).parent,
    }


def _link_data(build: AsteriskBuild, layout: InstanceLayout) -> None:
    """The data folder is the instance's own (for its sounds); the rest of it points at the build's."""
    for name in ("documentation", "moh", "rest-api", "images", "static-http", "sounds/en"):
        link, source = layout.data / name, build.data_dir / name
        if link.is_symlink():
            link.unlink()
        if source.exists():
            link.symlink_to(source)


def _copy_sounds(source: Path, layout: InstanceLayout) -> tuple[str, ...]:
    """Copied, so that a running PBX never plays a half-written file of the checkout."""
    found = tuple(language for language in _OWN_LANGUAGES if (source / language).is_dir())
    for language in found:
        for wav in sorted((source / language).rglob("*.wav")):
            target = layout.data / "sounds" / language / wav.relative_to(source / language)
            if not _same(wav, target):
                target.parent.mkdir(parents=True, exist_ok=True)
                fresh = target.with_name(target.name + ".new")
                shutil.copy2(wav, fresh)
                os.replace(fresh, target)
    return found


def _same(one: Path, other: Path) -> bool:
    if not other.is_file():
        return False
    a, b = one.stat(), other.stat()
    return (a.st_size, a.st_mtime_ns) == (b.st_size, b.st_mtime_ns)
