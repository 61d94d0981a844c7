"""The buckets of an account at a provider of apache-libcloud: its containers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice

from libcloud.storage.types import ContainerDoesNotExistError

from jupyter_resources.core import paths
from jupyter_resources.core.control import Control
from jupyter_resources.core.errors import AlreadyExists, InvalidValue, ResourcesError
from jupyter_resources.storage.containers import not_empty
from jupyter_resources.storage.libclouddrivers import Account, Drivers, OpenDriver
from jupyter_resources.storage.libclouderrors import asking
from jupyter_resources.storage.s3errors import Asked

__all__ = ["LibcloudContainers"]


class LibcloudContainers:
    """The buckets of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._drivers = Drivers(account)

    def __repr__(self) -> str:
        return f"LibcloudContainers({self._account.url!r})"

    def names(self) -> list[str]:
        with self._asking("") as driver:
            return sorted(one.name for one in driver.libcloud.iterate_containers())

    def exists(self, name: str) -> bool:
        with self._asking(_checked(name)) as driver:
            try:
                driver.libcloud.get_container(name)
            except ContainerDoesNotExistError:
                return False
            return True

    def create(self, name: str) -> None:
        if self.exists(name):  # making it again would succeed in silence on S3
            raise AlreadyExists(f"bucket {name!r} exists already", hint="%buckets lists them")
        with self._asking(name) as driver:
            driver.libcloud.create_container(name)

    def delete(self, name: str) -> None:
        with self._asking(_checked(name)) as driver:
            container = driver.libcloud.get_container(name)
            # Some providers remove a bucket with everything in it.
            if list(islice(driver.libcloud.iterate_container_objects(container), 1)):
                raise not_empty(name)
            if not driver.libcloud.delete_container(container):
                raise ResourcesError(f"{self._account.url} did not delete bucket {name!r}", hint="repeat the line")

    @contextmanager
    def _asking(self, name: str) -> Iterator[OpenDriver]:
        with self._drivers.taken() as driver, asking(driver, Control(), Asked(self._account.url, name)):
            yield driver


def _checked(name: str) -> str:
    if paths.problem(name) or "/" in name:
        raise InvalidValue(f"{name!r} can't be the name of a bucket", hint="%buckets lists them")
    return name
