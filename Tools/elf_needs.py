"""What a Linux program needs of the system: shared libraries, and versions of their symbols. Source: the ELF gABI and the LSB's symbol versioning."""

import struct

DYNAMIC, NEEDS = 6, 0x6FFF_FFFE  # SHT_DYNAMIC, SHT_GNU_verneed
NEEDED = 1  # DT_NEEDED


def text(table, offset):
    return table[offset:table.index(b"\0", offset)].decode()


def needs_of(data):
    """Of the bytes of a 64-bit little-endian program: the names of its libraries, and by library the versions of symbols that it asks for."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("this is no 64-bit little-endian ELF program")
    (start,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    # name, kind, flags, address, offset, size, link, info, alignment, size of an entry
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, start + size * index) for index in range(count)]

    def contents(section):
        return data[section[4]:section[4] + section[5]]

    libraries, versions = [], {}
    for section in sections:
        strings = contents(sections[section[6]]) if section[6] < count else b""
        if section[1] == DYNAMIC:
            for tag, value in struct.iter_unpack("<qQ", contents(section)):
                if tag == NEEDED:
                    libraries.append(text(strings, value))
        elif section[1] == NEEDS:
            needs, place = contents(section), 0
            for _ in range(section[7]):
                _, auxiliaries, file, auxiliary, following = struct.unpack_from("<HHIII", needs, place)
                at = place + auxiliary
                for _ in range(auxiliaries):
                    _, _, _, name, next_auxiliary = struct.unpack_from("<IHHII", needs, at)
                    versions.setdefault(text(strings, file), []).append(text(strings, name))
                    at += next_auxiliary
                place += following
    return libraries, versions
