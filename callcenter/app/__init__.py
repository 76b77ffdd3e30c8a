"""The only place where adapters are built and features joined."""

from callcenter.app.factory import create_app

__all__ = ["create_app"]
