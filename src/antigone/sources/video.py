"""Videos, opened with bounds, and their frames in the order in which they are shown.

Nothing is believed: the container is read through the file that was opened here, so that no playlist or
reference inside it leads anywhere else; only containers that hold footage are tried, whatever the name says;
and size, length and the pixels of a frame are limited. A damaged stretch is stepped over and told of.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from types import TracebackType
from typing import BinaryIO, Self

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from antigone.errors import PhotoError
from antigone.faces import reading
from antigone.failures import Failure, FailureCode
from antigone.settings import Settings
from antigone.sources.remote import open_material

MICROSECONDS = 1_000_000
DECODER = f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}"
"""What turns a file into frames; another version may give other pixels."""

# Containers of footage. Left out are those that lead elsewhere (playlists, lists of files) and devices.
_CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,asf,flv,mxf,ogg,dv,rm,wtv,ivf,nut,"
    "mpegvideo,mpeg1video,mpeg2video,h264,hevc,m4v"
)
DAMAGED = "Parts of the video are damaged: they could not be decoded."
"""What is said of a video that was read to its end, but not in all its parts."""

_CONTAINER_OPTIONS = {"format_whitelist": _CONTAINERS, "protocol_whitelist": "none"}
_BUFFER_BYTES = 2**18
_EDGES = 2**17  # pixels that decoders add around small frames
_MOST_THREADS = 4  # of the decoder; each holds frames in memory
_SHORT_BY = 0.02  # of its length: what ends earlier than this, and by more than a second, was cut off
_FIRST_YEAR = 1990  # cameras whose clock was never set say 1904 or 1970


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShownFrame:
    """One decoded frame."""

    position: int  # microseconds after the beginning of the video, as a player shows it
    picture: av.VideoFrame


class _Reader:
    """The file as FFmpeg reads it. Where reading fails, that is the end; ``error`` tells why.

    An error that went through FFmpeg would be printed by it, and come back as another one.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.error: OSError | None = None
        self._file = file

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most ``size``; none at the end."""
        try:
            return b"" if self.error else self._file.read(size)
        except OSError as error:
            self.error = error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, as files do."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place."""
        return self._file.tell()

    def check(self) -> None:
        """Raise `PhotoError` (unreadable) if reading has failed."""
        if self.error is not None:
            raise _unreadable(self.error) from self.error


class Video:
    """An opened video. Use it as a context manager.

    Reading its frames raises `PhotoError` (unreadable) when the file itself cannot be read any more.
    """

    def __init__(self, file: BinaryIO, settings: Settings) -> None:
        self._file = file
        self._settings = settings
        self._reached = 0  # position at which the last frame ends
        self._damaged = False  # something could not be decoded, or was made up by the decoder
        self._complete = True
        self._too_long = False
        self._used = False
        self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()
        self._file.close()

    @property
    def duration(self) -> int | None:
        """How long it says it is, in microseconds; None where it does not say."""
        return _declared_length(self._container, self._stream) or self._container.duration

    @property
    def aspect(self) -> Fraction:
        """Width of a pixel beside its height."""
        return self._stream.sample_aspect_ratio or Fraction(1)

    @property
    def other_videos(self) -> int:
        """How many further videos the file holds, such as a second camera; they are not read."""
        return len(_videos(self._container)) - 1

    @property
    def recorded_at(self) -> datetime | None:
        """When the recording began, as the file declares it."""
        declared = self._container.metadata.get("creation_time") or self._stream.metadata.get("creation_time")
        with suppress(ValueError):
            moment = datetime.fromisoformat(declared or "")
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return moment if moment.year >= _FIRST_YEAR else None
        return None

    @property
    def damage(self) -> Failure | None:
        """What was wrong with what has been read so far; tells of a cut-off end only after the last frame."""
        if self._too_long:
            limit = f"{self._settings.video_max_seconds:,.0f} s"
            return Failure(
                code=FailureCode.VIDEO_TOO_LONG,
                message=f"The video is longer than the limit of {limit}; what comes after was not looked at.",
            )
        reached, declared = self._reached, _declared_length(self._container, self._stream)
        short = declared is not None and declared - reached > max(MICROSECONDS, declared * _SHORT_BY)
        if not reached:
            message = "No frame of the video can be decoded: it is damaged or cut off."
        elif short or not self._complete:
            whole = f" of {declared / MICROSECONDS:,.1f} s" if declared else ""
            message = f"The video is cut off or damaged: {reached / MICROSECONDS:,.1f} s{whole} can be read."
        elif self._damaged:
            message = DAMAGED
        else:
            return None
        return Failure(code=FailureCode.CANNOT_PARSE, message=message)

    @property
    def damaged(self) -> bool:
        """Whether something of what was read so far could not be decoded."""
        return self._damaged

    def note_damage(self, damaged: bool = True) -> None:
        """Note that a frame came to nothing after it was decoded, or forget what was seen of damage."""
        self._damaged = damaged

    def frames(self, since: int = 0) -> Iterator[ShownFrame]:
        """Yield the frames as they are shown, from one at or before ``since`` on, where that can be found.

        Frames that the decoder had to make up from damaged data are left out. Where time stamps jump back,
        as in recordings that were joined, time goes on from where it was; such a place is found again from
        the beginning only.
        """
        self._begin()
        if since > 0 and not self._seek(since):
            return
        longest = round(self._settings.video_max_seconds * MICROSECONDS)
        step = self._nominal_step()
        shift, shown = 0, None
        for picture in self._decoded():
            if picture.is_corrupt:
                self._damaged = True
                continue
            if picture.pts is None:
                position = 0 if shown is None else shown + step
            else:
                position = self._position(picture.pts) + shift
            if position < (shown or 0):
                if shown is None:  # before the beginning: no player shows it
                    continue
                shift += shown + step - position
                position = shown + step
            if position > longest:
                self._too_long = True
                return
            lasts = _microseconds(picture.duration, picture.time_base) if picture.duration else step
            shown, self._reached = position, position + max(lasts, 1)
            yield ShownFrame(position=position, picture=picture)

    def _begin(self) -> None:
        """Be at the beginning, with nothing read."""
        if self._used:
            self._container.close()
            self._file.seek(0)
            self._open()
        self._used = True
        self._reached, self._damaged, self._complete, self._too_long = 0, False, True, False

    def _open(self) -> None:
        self._reader = _Reader(self._file)
        self._container = _open(self._reader)
        try:
            self._stream = _choose(self._container)
            _check_size(self._stream, self._settings)
        except BaseException:
            self._container.close()
            raise
        context = self._stream.codec_context
        # For frames that grow on the way; decoders count the pixels that they add at the edges.
        context.options = {"max_pixels": str(2 * _most_pixels(self._settings) + _EDGES)}
        context.thread_count = min(self._settings.threads or _MOST_THREADS, _MOST_THREADS)
        self._stream.thread_type = "AUTO"
        self._start = self._container.start_time or 0

    def _seek(self, position: int) -> bool:
        time_base = self._stream.time_base
        assert time_base is not None
        target = int(Fraction(position + self._start, MICROSECONDS) / time_base)
        try:
            self._container.seek(target, stream=self._stream, backward=True)
        except av.FFmpegError:
            return False
        return True

    def _position(self, pts: int) -> int:
        return _microseconds(pts, self._stream.time_base) - self._start

    def _nominal_step(self) -> int:
        rate = self._stream.average_rate or self._stream.guessed_rate or Fraction(25)
        return max(round(MICROSECONDS / rate), 1)

    def _decoded(self) -> Iterator[av.VideoFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                packet, self._complete = None, False
            self._reader.check()
            try:
                yield from self._stream.decode(packet)
            except av.EOFError:
                return
            except av.FFmpegError:
                self._damaged = True
            if packet is None:
                return


def open_video(stored_at: str, settings: Settings) -> Video:
    """Open a video by absolute path or URL.

    Raises `PhotoError`: unreadable, link-loop, not-allowed, empty-file, file-too-large, unsupported-format,
    cannot-parse, no-video, too-many-pixels.
    """
    file = open_material(stored_at, settings)
    try:
        size = file.seek(0, 2)
        file.seek(0)
        if size == 0:
            raise reading.empty()
        if size > settings.video_max_bytes:
            raise PhotoError(
                FailureCode.FILE_TOO_LARGE,
                f"The video has {size:,} bytes where {settings.video_max_bytes:,} are allowed.",
                hint="Raise ANTIGONE_VIDEO_MAX_BYTES if videos of this size are expected.",
            )
        return Video(file, settings)
    except OSError as error:
        file.close()
        raise _unreadable(error) from error
    except BaseException:
        file.close()
        raise


def _open(reader: _Reader) -> InputContainer:
    try:
        return av.open(
            reader,
            mode="r",
            container_options=_CONTAINER_OPTIONS,
            metadata_errors="replace",
            buffer_size=_BUFFER_BYTES,
        )
    except av.FFmpegError as error:
        reader.check()
        if isinstance(error, av.ArgumentError | av.DemuxerNotFoundError):
            raise PhotoError(
                FailureCode.UNSUPPORTED_FORMAT, "By its content the file is no kind of video that is read."
            ) from error
        raise PhotoError(
            FailureCode.CANNOT_PARSE, "The video cannot be opened: it is damaged, cut off, or no video."
        ) from error


def _videos(container: InputContainer) -> list[VideoStream]:
    """Return the moving pictures; a cover picture counts as a video to FFmpeg only."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails
    return [stream for stream in container.streams.video if not stream.disposition & still]


def _choose(container: InputContainer) -> VideoStream:
    videos = _videos(container)
    if not videos:
        raise PhotoError(FailureCode.NO_VIDEO, "The file holds no video, only sound or other data.")
    best = container.streams.best("video")
    chosen = next((video for video in videos if best is not None and video.index == best.index), videos[0])
    if chosen.codec_context is None:
        raise PhotoError(FailureCode.UNSUPPORTED_FORMAT, "The video is encoded in a way that is not known.")
    return chosen


def _check_size(stream: VideoStream, settings: Settings) -> None:
    width, height = stream.codec_context.width, stream.codec_context.height
    most = _most_pixels(settings)
    if width * height > most or max(width, height) > settings.max_side:
        raise PhotoError(
            FailureCode.TOO_MANY_PIXELS,
            f"The frames have {width:,} x {height:,} pixels; at most {most:,} in all, "
            f"and {settings.max_side:,} on the longest side, are allowed.",
            hint="Raise ANTIGONE_VIDEO_MAX_PIXELS if videos of this size are expected.",
        )


def _most_pixels(settings: Settings) -> int:
    return min(settings.video_max_pixels, settings.max_pixels)  # a frame becomes a photo


def _declared_length(container: InputContainer, stream: VideoStream) -> int | None:
    """Return the length of the video alone in microseconds, where something says it.

    That of the whole file counts only where the file holds nothing else, such as longer sound.
    """
    if stream.duration:
        return _microseconds(stream.duration, stream.time_base)
    hours, colon, rest = stream.metadata.get("DURATION", "").partition(":")
    minutes, _, seconds = rest.partition(":")
    if colon:
        with suppress(ValueError):
            return round((int(hours) * 3600 + int(minutes) * 60 + float(seconds)) * MICROSECONDS)
    return container.duration if len(container.streams) == 1 else None


def _microseconds(ticks: int, time_base: Fraction | None) -> int:
    return round(ticks * (time_base or Fraction(0)) * MICROSECONDS)


def _unreadable(error: OSError) -> PhotoError:
    said = str(error.strerror or error) or type(error).__name__
    return PhotoError(FailureCode.UNREADABLE, f"The video cannot be read: {said}")
