"""What every connector must keep, as tests its author runs with one line.

    TestAcme = suite(AcmeRig)

A *rig* knows how to stand the system up and to put data there (`connectors.conformance.rig`); the suite pulls
from it, through a proxy that refuses, cuts and garbles, and holds the ledger to what was there.
"""

from __future__ import annotations

from connectors.conformance.contents import contents
from connectors.conformance.fake import Asked, FakeSource
from connectors.conformance.proxy import Proxy
from connectors.conformance.rig import Rig
from connectors.conformance.suite import suite

__all__ = ["Asked", "FakeSource", "Proxy", "Rig", "contents", "suite"]
