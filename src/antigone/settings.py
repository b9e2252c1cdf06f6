"""All settings in one frozen object: read once at the edge, then passed in.

Each field can be set through the environment as ``ANTIGONE_<NAME>``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Limits and choices of one workspace."""

    model_config = SettingsConfigDict(env_prefix="ANTIGONE_", frozen=True, extra="ignore")

    home: Path = Field(default=Path("antigone-home"), description="folder of the workspace")
    pack: str = Field(default="yunet-sface", description="model pack that turns photos into templates")
    device: str = Field(
        default="cpu", description="where models run: cpu (OpenVINO), cuda (ONNX Runtime), or onnxruntime-cpu"
    )
    precision: Literal["auto", "f32", "bf16"] = Field(
        default="auto", description="auto takes bf16 where the processor has it"
    )
    collector: str = Field(
        default="",
        description="who receives material, kept with every import; empty means the account's name",
    )
    allow_http: bool = Field(
        default=False,
        description="read photos and material by http(s) URL too; never from private addresses",
    )
    remote_timeout: float = Field(
        default=30, gt=0, le=3600, description="seconds to wait for a sign of life from a store or web server"
    )
    max_row_bytes: int = Field(default=2**20, ge=1024, description="longest row of a manifest")
    max_archive_bytes: int = Field(
        default=2**40, ge=1024, description="most bytes that a web archive may hold once it is decompressed"
    )
    max_archive_records: int = Field(
        default=100_000_000, ge=1, description="most records of one web archive that are read"
    )
    trusted_certificates: Path | None = Field(
        default=None,
        description="file of root certificates (PEM) that are trusted for the signatures of archives, "
        "besides those of the web",
    )
    max_page_bytes: int = Field(
        default=8 * 2**20, ge=1024, description="bytes of an archived page that are read for its pictures"
    )
    max_page_notes_bytes: int = Field(
        default=8 * 2**30,
        ge=2**20,
        description="most disk space, while an archive is read, for what its pages say of their pictures",
    )
    video_frames_per_second: float = Field(
        default=5, gt=0, le=60, description="frames of a video that are looked at in each second"
    )
    video_cut_frames_per_second: float = Field(
        default=10, gt=0, le=60, description="the same for the first second of every scene"
    )
    video_cut_score: float = Field(
        default=10, gt=0, le=100, description="change between frames, 0 to 100, from which a scene begins"
    )
    video_track_gap: float = Field(
        default=1.5, gt=0, le=60, description="seconds for which a face may be out of sight within one track"
    )
    video_least_quality: float = Field(
        default=15,
        ge=0,
        le=100,
        description="quality, 0 to 100, that the best face of a track must have for the track to be kept",
    )
    video_best_shots: int = Field(
        default=5, ge=1, le=20, description="most frames that are kept of each track, the best ones"
    )
    video_segment_seconds: float = Field(
        default=300,
        ge=10,
        le=3600,
        description="longest stretch of a video that is written at once; a track never crosses its end",
    )
    video_max_bytes: int = Field(default=64 * 2**30, ge=1024, description="largest video file that is read")
    video_max_seconds: float = Field(default=86_400, gt=0, description="longest video, in seconds")
    video_max_pixels: int = Field(
        default=36_000_000, ge=1_000, description="most pixels that a frame of a video may hold"
    )
    witness_url: str = Field(
        default="",
        description="the one address that checkpoints of the audit log may be sent to; empty means none",
    )
    witness_method: Literal["PUT", "POST"] = Field(
        default="PUT", description="how a checkpoint is sent to the witness"
    )
    threads: int = Field(default=0, ge=0, le=1024, description="processor threads to use; 0 means all")
    intake_file_bytes: int = Field(
        default=2 * 2**30, ge=1024, description="largest file that can be handed in through the server"
    )
    max_file_bytes: int = Field(default=64 * 2**20, ge=1024, description="largest photo file that is read")
    max_upload_bytes: int = Field(
        default=256 * 2**20,
        ge=2**20,
        description="largest form with files that the server reads; its files lie on disk meanwhile",
    )
    max_pixels: int = Field(
        default=100_000_000, ge=1_000_000, description="most pixels that a photo may hold"
    )
    max_side: int = Field(default=30_000, ge=1_000, description="longest side of a photo in pixels")
    max_faces: int = Field(default=200, ge=1, description="most faces kept of one photo, the largest first")
    min_face_side: int = Field(default=14, ge=8, description="smallest face side in pixels that is kept")
    searches_a_day: int = Field(
        default=300, ge=1, description="searches that one person may make in a day (UTC)"
    )
    searches_at_once: int = Field(
        default=2,
        ge=1,
        le=256,
        description="searches that one server process works on at once, and as many pictures",
    )
    pictures_waiting: int = Field(
        default=200,
        ge=0,
        le=10_000,
        description="how many more pictures wait to be made in one server process; then it answers 429",
    )
    searches_waiting: int = Field(
        default=8,
        ge=0,
        le=10_000,
        description="how many more wait their turn in one server process; beyond that it answers 429 at once",
    )
    alarm_after: int = Field(
        default=60, ge=2, description="searches of one person within an hour that raise an alarm"
    )
    oidc_issuer: str = Field(
        default="", description="issuer of the agency's own directory (OpenID Connect); empty means none"
    )
    oidc_client_id: str = Field(default="", description="by which name the directory knows this server")
    oidc_client_secret: SecretStr = Field(
        default=SecretStr(""), description="secret shared with the directory; empty for a public client"
    )
    oidc_second_factor: str = Field(
        default="mfa",
        description="words, apart by spaces, one of which in amr or acr of the directory's token says that "
        "it saw a second factor; empty: one is always asked for here",
    )
    webhook_http: bool = Field(
        default=False, description="allow webhooks without TLS (http); else https only"
    )
    webhook_private: bool = Field(
        default=False, description="allow webhooks into private networks and to this machine"
    )
    token: SecretStr = Field(
        default=SecretStr(""),
        description="API token of the person who acts; empty: the account at the keyboard",
    )
    import_batch: int = Field(default=256, ge=1, le=10_000, description="photos written in one transaction")
    exact_below: int = Field(
        default=30_000, ge=0, description="up to this many references a collection is compared exactly"
    )
    shortlist: int = Field(
        default=2_000,
        ge=50,
        description="references re-scored exactly after the compressed scan; more above a million references",
    )
