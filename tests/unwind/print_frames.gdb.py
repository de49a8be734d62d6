"""Prints a line "frames TID PC..." for each thread of the attached process: what was really called.

gdb shows inlined functions, and calls that it infers from tail calls, as frames of their own; both
are left out.
"""
import gdb  # pylint: disable=import-error

INVENTED = {gdb.INLINE_FRAME, gdb.TAILCALL_FRAME}


def pcs_of_selected_thread():
    frame = gdb.newest_frame()
    while frame is not None:
        if frame.type() not in INVENTED:
            yield f"{frame.pc():x}"
        try:
            frame = frame.older()
        except gdb.error:
            return


for thread in gdb.selected_inferior().threads():
    thread.switch()
    print("frames", thread.ptid[1], *pcs_of_selected_thread())
