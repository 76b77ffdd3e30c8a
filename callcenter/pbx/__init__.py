"""The telephone system's own life: get Asterisk, write its configuration, start, check and stop it.

Files: install (get Asterisk) -> plan (what the configuration says) -> render (write it) -> instance
(start, stop, status, console) -> check (load it in a throwaway instance). Nothing here knows of calls.
"""
