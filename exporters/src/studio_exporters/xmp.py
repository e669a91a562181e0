"""XMP packets with a recipe in them, for JPEG and WebP.

Source: Adobe, XMP Specification Part 1 (data model, serialisation) and Part 3 (storage in files;
section 1.1.3 for JPEG, with the extended packet for what is longer than one APP1 segment).
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from xml.etree import ElementTree

_RECIPE_NS = "urn:multimodal-studio:recipe:1#"
_NOTE_NS = "http://ns.adobe.com/xmp/note/"
_RDF_NS = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_STANDARD = b"http://ns.adobe.com/xap/1.0/\x00"
_EXTENSION = b"http://ns.adobe.com/xmp/extension/\x00"
_SEGMENT = 65_000  # an APP1 segment holds 65,533 bytes with its head


def _escape(text: str) -> str:
    # the standard library's own escape lies in a module that imports half of urllib
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def packet(text: str) -> bytes:
    """Return a whole XMP packet with the recipe as a property of our own namespace."""
    prop = f"<studio:recipe>{_escape(text)}</studio:recipe>"
    return _wrapped(_meta(f' xmlns:studio="{_RECIPE_NS}"', prop))


def find(xmp: bytes) -> str | None:
    """Return the recipe in a packet, in whichever way another program has written it again.

    Raises:
        ElementTree.ParseError: The packet is no XML.
    """
    return _property(xmp, _RECIPE_NS, "recipe")


def jpeg_segments(text: str) -> bytes:
    """Return the APP1 segments that carry a recipe of any length."""
    whole = packet(text)
    if len(whole) <= _SEGMENT:
        return _app1(_STANDARD + whole)
    extended = _meta(
        f' xmlns:studio="{_RECIPE_NS}"', f"<studio:recipe>{_escape(text)}</studio:recipe>"
    ).encode()
    guid = _guid(extended)
    note = f"<xmpNote:HasExtendedXMP>{guid}</xmpNote:HasExtendedXMP>"
    segments = [_app1(_STANDARD + _wrapped(_meta(f' xmlns:xmpNote="{_NOTE_NS}"', note)))]
    for start in range(0, len(extended), _SEGMENT):
        head = guid.encode() + struct.pack(">II", len(extended), start)
        segments.append(_app1(_EXTENSION + head + extended[start : start + _SEGMENT]))
    return b"".join(segments)


def find_in_jpeg(segments: Iterable[tuple[str, bytes]]) -> str | None:
    """Return the recipe from a JPEG's application segments, given as (marker, content)."""
    app1 = [content for marker, content in segments if marker == "APP1"]
    main = next((c.removeprefix(_STANDARD) for c in app1 if c.startswith(_STANDARD)), None)
    if main is None:
        return None
    guid = _property(main, _NOTE_NS, "HasExtendedXMP")
    extended = _joined(app1, guid.encode("ascii", "replace")) if guid else None
    return find(main) or (find(extended) if extended else None)


def _joined(app1: Iterable[bytes], guid: bytes) -> bytes | None:
    """Put an extended packet together; None unless every part of it is there and unaltered."""
    label = _EXTENSION + guid
    parts = sorted(c[len(label) + 4 :] for c in app1 if c.startswith(label))
    extended = b"".join(part[4:] for part in parts)  # sorted by their big-endian offset
    return extended if _guid(extended).encode() == guid else None


def _guid(extended: bytes) -> str:
    return hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()


def _app1(content: bytes) -> bytes:
    return b"\xff\xe1" + struct.pack(">H", len(content) + 2) + content


def _meta(namespace: str, prop: str) -> str:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        f'<rdf:RDF xmlns:rdf="{_RDF_NS}"><rdf:Description rdf:about=""{namespace}>'
        f"{prop}</rdf:Description></rdf:RDF></x:xmpmeta>"
    )


def _wrapped(meta: str) -> bytes:
    begin = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return f'{begin}{meta}<?xpacket end="r"?>'.encode()


def _property(xmp: bytes, namespace: str, name: str) -> str | None:
    if b"<!DOCTYPE" in xmp or b"<!ENTITY" in xmp:  # no XMP has one, and entities may multiply
        return None
    text = xmp.decode("utf-8").strip("\x00\ufeff \r\n\t")
    root = ElementTree.fromstring(text)  # noqa: S314 - without a DOCTYPE nothing expands
    wanted = f"{{{namespace}}}{name}"
    for node in root.iter():
        if node.tag == wanted:
            return node.text
        if wanted in node.attrib:
            return node.attrib[wanted]
    return None
