"""What was found when a data set was opened: how many images, and which files were left out and why."""

import dataclasses

_NAMED = 10  # files named in a summary; the rest are counted


@dataclasses.dataclass(frozen=True)
class SourceReport:
    """The account of one opening of a data set.

    Attributes:
      source: the data set, as the user named it.
      total: files looked at; always ``used + len(skipped)``.
      used: images in the data set.
      skipped: (file name, reason) of each file that was left out, in order of name. Names are relative, with
        forward slashes, and printable: undecodable bytes and control characters are escaped.
    """

    source: str
    total: int
    used: int
    skipped: tuple[tuple[str, str], ...] = ()

    def summary(self) -> str:
        """Says what is used, and names up to ten of the skipped files with their reasons."""
        if not self.skipped:
            return f"{self.source}: {count_of(self.used, 'image')}."
        return (
            f"{self.source}: {count_of(self.used, 'image')} of {count_of(self.total, 'file')}; {self.skipped_files()}."
        )

    def skipped_files(self) -> str:
        """The second half of the summary: "2 files skipped: a.png (reason), b.jpg (reason)"."""
        named = ", ".join(f"{name} ({reason})" for name, reason in self.skipped[:_NAMED])
        more = f", and {len(self.skipped) - _NAMED} more" if len(self.skipped) > _NAMED else ""
        return f"{count_of(len(self.skipped), 'file')} skipped: {named}{more}"


def count_of(number: int, noun: str) -> str:
    """``1 image``, ``2 images``."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def printable(text: str) -> str:
    """``text`` with everything escaped that a terminal or a UTF-8 log file could not show."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "backslashreplace").decode("ascii")
        for character in text
    )
