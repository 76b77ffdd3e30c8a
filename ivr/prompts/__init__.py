"""The spoken texts of the hotline and the recipe that turns them into sound files.

Nothing here runs during a call: Asterisk plays the files of `asterisk_conf/sounds`, named `hotline/<id>`.
"""
