"""Everything a sandbox begins with: the shop's story, letters of every other origin, and two
corners to audit."""

from dlqctl.sandbox.clients import Clients
from dlqctl.sandbox.corners import seed_corners
from dlqctl.sandbox.letters import seed_letters
from dlqctl.sandbox.server import Sandbox
from dlqctl.sandbox.shop import Shop


def seed(sandbox: Sandbox) -> Shop:
    """Fill `sandbox` and return its shop, once every doomed order has died (some seconds).

    Raises DlqctlError when the order function does not come to rest.
    """
    clients = Clients(sandbox)
    shop = Shop(clients)
    shop.open()
    shop.place_orders()
    seed_letters(clients)
    seed_corners(sandbox)
    shop.wait_until(lambda state: state.at_rest)
    return shop
