"""Calls with Python's grpcio, over stubs that grpc_python_plugin makes from the contracts."""

import importlib
import pathlib
import subprocess
import sys
import tempfile
import uuid

import grpc

from house import TOP

_stubs = tempfile.TemporaryDirectory(prefix="gratis-stubs-")


def _make_stubs():
    proto = TOP / "proto"
    files = [str(p.relative_to(proto)) for p in sorted(proto.rglob("*.proto"))]
    subprocess.run(["protoc", f"--proto_path={proto}", f"--python_out={_stubs.name}",
                    f"--grpc_python_out={_stubs.name}",
                    "--plugin=protoc-gen-grpc_python=/usr/bin/grpc_python_plugin", *files], check=True)
    sys.path.insert(0, _stubs.name)


_make_stubs()

error_pb2 = importlib.import_module("gratis.type.v1.error_pb2")
access_pb2 = importlib.import_module("gratis.type.v1.access_pb2")
ledger_pb2 = importlib.import_module("gratis.ledger.v1.ledger_pb2")
programs_pb2 = importlib.import_module("gratis.ledger.v1.programs_pb2")
keys_pb2 = importlib.import_module("gratis.ledger.v1.keys_pb2")
units_pb2 = importlib.import_module("gratis.ledger.v1.units_pb2")
vouchers_pb2 = importlib.import_module("gratis.ledger.v1.vouchers_pb2")
budgets_pb2 = importlib.import_module("gratis.ledger.v1.budgets_pb2")
clock_pb2 = importlib.import_module("gratis.ledger.v1.clock_pb2")
feed_pb2 = importlib.import_module("gratis.ledger.v1.feed_pb2")
reports_pb2 = importlib.import_module("gratis.ledger.v1.reports_pb2")
statements_pb2 = importlib.import_module("gratis.ledger.v1.statements_pb2")
briefs_pb2 = importlib.import_module("gratis.members.v1.briefs_pb2")
cards_pb2 = importlib.import_module("gratis.members.v1.cards_pb2")
groups_pb2 = importlib.import_module("gratis.members.v1.groups_pb2")
inactivity_pb2 = importlib.import_module("gratis.members.v1.inactivity_pb2")
members_pb2 = importlib.import_module("gratis.members.v1.members_pb2")
merging_pb2 = importlib.import_module("gratis.members.v1.merging_pb2")
tokens_pb2 = importlib.import_module("gratis.members.v1.tokens_pb2")
vault_pb2 = importlib.import_module("gratis.members.v1.vault_pb2")
audit_pb2 = importlib.import_module("gratis.ledger.v1.audit_pb2")
consents_pb2 = importlib.import_module("gratis.members.v1.consents_pb2")
export_pb2 = importlib.import_module("gratis.members.v1.export_pb2")
policy_pb2 = importlib.import_module("gratis.members.v1.policy_pb2")
preferences_pb2 = importlib.import_module("gratis.members.v1.preferences_pb2")
privacy_pb2 = importlib.import_module("gratis.members.v1.privacy_pb2")
segments_pb2 = importlib.import_module("gratis.members.v1.segments_pb2")
standing_pb2 = importlib.import_module("gratis.members.v1.standing_pb2")
tiers_pb2 = importlib.import_module("gratis.members.v1.tiers_pb2")
proofs_pb2 = importlib.import_module("gratis.members.v1.proofs_pb2")
thanks_pb2 = importlib.import_module("gratis.thanks.v1.thanks_pb2")
complaints_pb2 = importlib.import_module("gratis.thanks.v1.complaints_pb2")
queue_pb2 = importlib.import_module("gratis.thanks.v1.queue_pb2")
returns_pb2 = importlib.import_module("gratis.thanks.v1.returns_pb2")
surprises_pb2 = importlib.import_module("gratis.thanks.v1.surprises_pb2")
triggers_pb2 = importlib.import_module("gratis.thanks.v1.triggers_pb2")
wishes_pb2 = importlib.import_module("gratis.thanks.v1.wishes_pb2")
trigger_results_pb2 = importlib.import_module("gratis.thanks.v1.trigger_results_pb2")
birthdays_pb2 = importlib.import_module("gratis.birthdays.v1.birthdays_pb2")
engagements_pb2 = importlib.import_module("gratis.messages.v1.engagements_pb2")
deliveries_pb2 = importlib.import_module("gratis.messages.v1.deliveries_pb2")
suppressions_pb2 = importlib.import_module("gratis.messages.v1.suppressions_pb2")
webhooks_pb2 = importlib.import_module("gratis.messages.v1.webhooks_pb2")
inbox_pb2 = importlib.import_module("gratis.messages.v1.inbox_pb2")
messages_pb2 = importlib.import_module("gratis.messages.v1.messages_pb2")
messaging_policy_pb2 = importlib.import_module("gratis.messages.v1.policy_pb2")
tasks_pb2 = importlib.import_module("gratis.messages.v1.tasks_pb2")
templates_pb2 = importlib.import_module("gratis.messages.v1.templates_pb2")

# Every contract, by the service that keeps it.
FILES = {"ledger": (ledger_pb2, programs_pb2, keys_pb2, units_pb2, clock_pb2, budgets_pb2, feed_pb2, reports_pb2,
                    statements_pb2, vouchers_pb2, audit_pb2),
         "members": (members_pb2, briefs_pb2, cards_pb2, groups_pb2, proofs_pb2, tokens_pb2, vault_pb2, consents_pb2,
                     export_pb2, inactivity_pb2, merging_pb2, policy_pb2, preferences_pb2, privacy_pb2, segments_pb2, standing_pb2,
                     tiers_pb2),
         "thanks": (thanks_pb2, complaints_pb2, queue_pb2, returns_pb2, surprises_pb2, triggers_pb2, wishes_pb2),
         "birthdays": (birthdays_pb2,),
         "messages": (messages_pb2, deliveries_pb2, engagements_pb2, inbox_pb2, messaging_policy_pb2, suppressions_pb2, tasks_pb2,
                      templates_pb2, webhooks_pb2)}


class Failure(Exception):
    """A call's error as a client sees it: code, message, and the decoded details."""

    def __init__(self, error):
        self.code = error.code().name
        self.message = error.details()
        self.reason, self.metadata, self.fields, self.retry_ms = None, {}, [], None
        packed = dict(error.trailing_metadata() or ()).get("grpc-status-details-bin")
        if packed:
            status = error_pb2.Status.FromString(packed)
            assert (status.code, status.message) == (error.code().value[0], error.details()), status
            for detail in status.details:
                kind = detail.type_url.removeprefix("type.googleapis.com/google.rpc.")
                if kind == "ErrorInfo":
                    info = error_pb2.ErrorInfo.FromString(detail.value)
                    assert info.domain == "gratis", info
                    self.reason, self.metadata = info.reason, dict(info.metadata)
                elif kind == "BadRequest":
                    bad = error_pb2.BadRequest.FromString(detail.value)
                    self.fields = [violation.field for violation in bad.field_violations]
                elif kind == "RetryInfo":
                    delay = error_pb2.RetryInfo.FromString(detail.value).retry_delay
                    self.retry_ms = delay.seconds * 1000 + delay.nanos // 1_000_000
        super().__init__(f"{self.code} {self.reason} {self.fields}: {self.message}")


class Caller:
    """Calls with one key: caller("members", "EnrollMember", profile={...}) or with a message."""

    def __init__(self, house, key=None, program=None, timeout=30, options=(), certificate=()):
        """`certificate`: the paths of one and of its key, for an engine that asks for it."""
        self.house, self.timeout, self.options = house, timeout, options
        self.certificate = [path.read_bytes() for path in certificate]
        self.metadata = [("authorization", f"Bearer {key or house.admin_key}")]
        if program:
            self.metadata.append(("gratis-program", program))
        self._channels = {}
        self.trailing = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for channel in self._channels.values():
            channel.close()

    def _channel(self, area):
        if area not in self._channels:
            shown = self.certificate or [None, None]
            trust = grpc.ssl_channel_credentials(self.house.ca.read_bytes(), shown[1], shown[0])
            self._channels[area] = grpc.secure_channel(self.house.address(area), trust, self.options)
        return self._channels[area]

    def __call__(self, area, method, message=None, **fields):
        """The answer. Failure when the engine refuses. A missing request_id is made up."""
        request_type, response_type, path = _method(area, method)
        if message is None:
            if "request_id" in request_type.DESCRIPTOR.fields_by_name:
                fields.setdefault("request_id", f"{method}-{uuid.uuid4()}")
            message = request_type(**fields)
        call = self._channel(area).unary_unary(
            path, request_serializer=lambda m: m if isinstance(m, bytes) else m.SerializeToString(),
            response_deserializer=response_type.FromString)
        try:
            answer, done = call.with_call(message, metadata=self.metadata, timeout=self.timeout)
        except grpc.RpcError as error:
            raise Failure(error) from None
        self.trailing = dict(done.trailing_metadata() or ())
        return answer


def _method(area, name):
    for module in FILES[area]:
        for service in module.DESCRIPTOR.services_by_name.values():
            method = service.methods_by_name.get(name)
            if method:
                find = lambda d: getattr(module, d.name)  # noqa: E731
                return find(method.input_type), find(method.output_type), f"/{service.full_name}/{name}"
    raise LookupError(f"no method {name} in {area}")


def new_program(house, code="shop", **more):
    """A program, and a back end's key for it."""
    with Caller(house) as admin:
        admin("ledger", "CreateProgram", code=code, **more)
        key = admin("ledger", "CreateKey", role=access_pb2.ROLE_BACKEND, program=code, label="e2e")
    return key.secret


def money(amount, currency="USD"):
    return {"currency_code": currency, "minor_units": amount}
