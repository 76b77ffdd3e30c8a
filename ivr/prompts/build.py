"""Make the sound files by hand: `python -m ivr.prompts.build files`, or `... speak --voices DIR` to speak anew."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from ivr.prompts.manifest import write_manifest
from ivr.prompts.sound import write_master, write_phone_file
from ivr.prompts.wording import Wording, load


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(prog="python -m ivr.prompts.build")
    commands = parser.add_subparsers(dest="command", required=True)
    speak = commands.add_parser("speak", help="speak the machine prompts into new masters, then do `files`")
    speak.add_argument("--voices", type=Path, required=True, help="folder with <voice>.bin")
    speak.add_argument("--only", nargs="*", default=(), metavar="ID", help="these prompts only")
    commands.add_parser("files", help="derive the 8 kHz files from the masters and write the manifest")
    arguments = parser.parse_args()
    wording = load()
    if arguments.command == "speak":
        speak_masters(wording, arguments.voices, arguments.only)
    write_files(wording)


def speak_masters(wording: Wording, voices_dir: Path, only: Sequence[str]) -> None:
    """Speak each machine prompt (or only those ids) into its master; human masters stay as they are."""
    from ivr.prompts.kokoro import SAMPLE_RATE, Kokoro  # noqa: PLC0415 (`files` must run without the engine)

    for language, voice in wording.voices.items():
        speaker = Kokoro(wording.engine, voice, voices_dir)
        for prompt in wording.prompts:
            if prompt.language != language or prompt.speaker or (only and prompt.id not in only):
                continue
            sentences = [speaker.say(sentence) for sentence in prompt.sentences]
            write_master(prompt.master, sentences, SAMPLE_RATE, voice.pause_ms)


def write_files(wording: Wording) -> None:
    """Derive every 8 kHz file from its master and write the manifest."""
    for prompt in wording.prompts:
        write_phone_file(prompt.sound, prompt.master, tone=prompt.tone)
    write_manifest(wording)


if __name__ == "__main__":
    main()
