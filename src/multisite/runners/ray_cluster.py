"""The same work over a Ray cluster: a bounded number of tasks in flight, pinned to the sites' nodes, with deadlines.

A task returns a receipt and nothing else, so no row passes through the driver or the object store. Correctness does
not depend on a task ending cleanly: parts are single puts under their final names, and the receipt comes last.

A worker that dies is Ray's to replace, and its task is run again. The raylet and the control store that the driver
talks to are nobody's to replace: Ray notices a raylet's end after a minute or more, and ends the whole process when the
control store stays away; the run looks after both by itself and ends before that, with what to do.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from multisite.errors import ConfigError, MachineError, UsageError
from multisite.runners.execution import Done, Fault, Item, guarded
from multisite.runners.private_cluster import PrivateCluster, own_proxies, set_variables
from multisite.runners.pulse import Address, Pulse

__all__ = ["RayExecutor"]

Result = TypeVar("Result")

_ATTEMPTS = 3
_IN_FLIGHT_PER_CPU = 2
_WAIT_S = 1.0
_GET_S = 60.0
_LOOK_S = 2.0
_STORE, _RAYLET = "control store", "raylet"
# A raylet never comes back under its old address. A control store may (KubeRay restarts it); Ray gives up after 60 s.
_GRACE_S = {_STORE: 15.0, _RAYLET: 5.0}

_ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_DEDUP_LOGS": "0",
    # Ray retries a task that was killed for memory without end unless this is set.
    "RAY_task_oom_retries": "1",
    # Ray would upload the working tree and restart workers under `uv run`.
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}

# Ray asks a control store that is dying twenty times, and waits 40 s for each answer, unless this is set.
_CONNECTING = {"RAY_gcs_server_port_wait_time_s": "2"}


class RayExecutor:
    """A running cluster (``address``), or a private one on this machine (``address="local"``).

    Parameters
    ----------
    pin_sites : run a site's work only on live nodes that carry the label ``site=<id>``
    deadline_s : seconds after which a task is given up and tried again, because a lost node can hold it for ever
    """

    def __init__(
        self,
        *,
        address: str | None = None,
        pin_sites: bool = False,
        deadline_s: float = 3600.0,
        num_cpus: int | None = None,
    ) -> None:
        os.environ.update(_ENVIRONMENT)
        self._private = PrivateCluster() if address == "local" else None
        self._ray: Any = None
        try:
            self._ray = _import_ray()
            self._connect(address or "auto", num_cpus)
            self._pulse = Pulse(self._servers(), grace_s=_GRACE_S, every_s=_LOOK_S)
        except BaseException:
            self.close()
            raise
        self._pin_sites = pin_sites
        self._deadline_s = deadline_s

    def run(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Done[Result] | Fault]]:
        """Every item with its outcome, as they complete.

        Raises
        ------
        ConfigError
            When a site is to be pinned and no live node carries its label: the work would wait for ever.
        MachineError
            When the raylet or the control store that this process talks to is gone.
        """
        # What follows asks the control store, and would wait for a dead one until Ray ends the process.
        while not self._pulse.all_there():
            self._require_servers()
            time.sleep(_LOOK_S)
        self._require_nodes({item.site for item in items if item.site})
        submit = self._submitter(function)
        # The first waiting entry is the next to start; a retried item goes to the end.
        waiting = [(item, 1) for item in items]
        waiting.reverse()
        running: dict[Any, tuple[Item, int, float]] = {}
        window = max(2, int(self._ray.cluster_resources().get("CPU", 1)) * _IN_FLIGHT_PER_CPU)
        while waiting or running:
            while waiting and len(running) < window:
                item, attempt = waiting.pop()
                running[submit(item)] = (item, attempt, time.monotonic())
            for item, attempt, outcome in self._finished(running):
                if isinstance(outcome, Fault) and outcome.retry and attempt < _ATTEMPTS:
                    waiting.insert(0, (item, attempt + 1))
                else:
                    yield item, outcome
            self._require_servers()

    def close(self) -> None:
        """Leave the cluster, or stop the private one."""
        if self._ray:
            self._ray.shutdown()
        if self._private:
            self._private.close()

    def _connect(self, address: str, num_cpus: int | None) -> None:
        proxies = own_proxies()
        started = self._private.before_start(num_cpus) if self._private else {}
        before = {name: os.environ.get(name) for name in _CONNECTING}
        try:
            if not self._private:
                set_variables(_CONNECTING)
                _require_listening(address)
            self._ray.init(
                address=address,
                logging_level="WARNING",
                log_to_driver=False,
                configure_logging=False,
                # Polars would start a thread per core in every worker, whatever the task asked for.
                runtime_env={"env_vars": {"POLARS_MAX_THREADS": "1", **{n: v or "" for n, v in proxies.items()}}},
                **started,
            )
        # Broad, because Ray raises plain exceptions when one of its own processes dies while it starts.
        except Exception as error:
            raise MachineError(
                f"no Ray cluster could be reached or started ({type(error).__name__})",
                place="Ray runner",
                remedy="Check the address and the token (RAY_AUTH_MODE, RAY_AUTH_TOKEN_PATH), or use `--runner local`; "
                "what is complete is safe.",
            ) from None
        finally:
            set_variables(before)
            if self._private:
                self._private.after_start()

    def _servers(self) -> dict[str, Address]:
        context = self._ray.get_runtime_context()
        found = {_STORE: _host_and_port(context.gcs_address)}
        for node in self._ray.nodes():
            if node["NodeID"] == context.get_node_id():
                found[_RAYLET] = (node["NodeManagerAddress"], int(node["NodeManagerPort"]))
        return found

    def _require_servers(self) -> None:
        gone = self._pulse.lost()
        if gone:
            raise _lost(f"Ray's {gone} on which this run depends has not answered for {_GRACE_S[gone]:g} s")

    def _submitter(self, function: Callable[[Item], Result]) -> Callable[[Item], Any]:
        remote = self._ray.remote(guarded)

        def submit(item: Item) -> Any:
            options: dict[str, Any] = {"num_cpus": 1, "max_retries": _ATTEMPTS - 1}
            if self._pin_sites and item.site:
                options["label_selector"] = {"site": item.site}
            return remote.options(**options).remote(function, item)

        return submit

    def _finished(self, running: dict[Any, tuple[Item, int, float]]) -> list[tuple[Item, int, Any]]:
        ready, _ = self._ray.wait(list(running), num_returns=1, timeout=_WAIT_S)
        found = []
        for reference in ready:
            item, attempt, _ = running.pop(reference)
            found.append((item, attempt, self._outcome(reference)))
        now = time.monotonic()
        for reference, (item, attempt, started) in list(running.items()):
            if now - started > self._deadline_s * attempt:
                running.pop(reference)
                self._ray.cancel(reference, force=True)
                found.append((item, attempt, Fault(_lost("a task did not end before its deadline"), retry=True)))
        return found

    def _outcome(self, reference: Any) -> Any:
        try:
            return self._ray.get(reference, timeout=_GET_S)
        except self._ray.exceptions.RayError as error:
            return Fault(_lost(f"a worker was lost ({type(error).__name__})"), retry=True)

    def _require_nodes(self, sites: set[str]) -> None:
        if not self._pin_sites:
            return
        labelled = {node["Labels"].get("site") for node in self._ray.nodes() if node["Alive"]}
        missing = sorted(sites - labelled)
        if missing:
            raise ConfigError(
                f"no live node carries the label of site {', '.join(missing)}",
                place="Ray runner",
                remedy="Start a node there with `ray start --labels site=<id>`, or run without `--pin-sites`.",
            )


def _require_listening(address: str) -> None:
    """ConnectionError when nothing listens at the address of a cluster, as far as it is known before Ray looks."""
    host, port = _host_and_port(os.environ.get("RAY_ADDRESS", "") if address == "auto" else address)
    if port and not Pulse({_STORE: (host, port)}, grace_s=_GRACE_S, every_s=_LOOK_S).all_there():
        raise ConnectionError


def _host_and_port(address: str) -> Address:
    """Port 0 where the text is not ``host:port``."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port) if port.isdigit() and "/" not in host else 0


def _lost(fact: str) -> MachineError:
    return MachineError(
        fact,
        place="Ray runner",
        remedy="What is complete is safe; run the same command again to go on where it stopped.",
    )


def _import_ray() -> Any:
    try:
        import ray
        import ray.exceptions
    except ImportError:
        raise UsageError(
            "Ray is not installed", place="`--runner ray`", remedy="Install `multisite[ray]`, or use `--runner local`."
        ) from None
    return ray
