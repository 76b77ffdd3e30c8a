"""The voice menus: a FastAGI program beside Asterisk. It has no database and speaks to callcenter over HTTP only."""
