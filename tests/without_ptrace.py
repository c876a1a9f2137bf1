"""`python without_ptrace.py COMMAND…` runs a command in which the kernel refuses that a process reads another, as in many containers."""

import ctypes
import os
import struct
import sys

SYSTEM_CALLS = {"x86_64": (101, 310), "aarch64": (117, 270)}  # ptrace, process_vm_readv
_SET_SECCOMP, _FILTER, _SET_NO_NEW_PRIVS = 22, 2, 38  # linux/prctl.h
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06  # linux/bpf_common.h: of a word of the call's data, whose first is its number
_ALLOW, _EPERM = 0x7FFF0000, 0x00050001  # linux/seccomp.h: SECCOMP_RET_ALLOW, SECCOMP_RET_ERRNO with EPERM


def main(command):
    """Installs the filter, which children inherit, and becomes the command."""
    numbers = SYSTEM_CALLS[os.uname().machine]
    program = [(_LOAD, 0, 0, 0)]
    program += [(_EQUAL, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _EPERM)]
    text = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in program))
    pointer = ctypes.create_string_buffer(struct.pack("HP", len(program), ctypes.addressof(text)))
    libc = ctypes.CDLL(None, use_errno=True)
    for arguments in ((_SET_NO_NEW_PRIVS, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(pointer), 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "prctl")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
