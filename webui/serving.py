"""What the web server loads in its worker process: the application, and the scheduler beside it."""

import os

from flask import Flask

import webui
from engine import Engine, Settings
from webui.scheduler import Scheduler


def application() -> Flask:
    """The WSGI application for the settings of the environment, with its scheduler ticking.

    `TRINHKY_SCHEDULER=0` serves pages only: for further web processes on one database.
    """
    engine = Engine(Settings.from_env())
    app = webui.create_app(engine=engine, proxies=int(os.environ.get("TRINHKY_PROXIES", "0")))
    if os.environ.get("TRINHKY_SCHEDULER", "1") != "0":
        Scheduler(engine).start()
    return app
