"""The socket that backends plug into."""

from phimath.backend.array_api import ArrayApiBackend as ArrayApiBackend
from phimath.backend.contract import Backend as Backend
from phimath.backend.discovery import backend_of as backend_of
from phimath.backend.discovery import installed as installed
from phimath.backend.discovery import load as load
from phimath.backend.discovery import register as register
