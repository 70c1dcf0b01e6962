"""The contract as a running process tells it by reflection, and calls made from that alone."""

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

import calls

_FIELD = descriptor_pb2.FieldDescriptorProto


def _reflection():
    """The few messages of grpc.reflection.v1alpha that are needed."""
    file = descriptor_pb2.FileDescriptorProto(name="reflection.proto", package="r", syntax="proto3")

    def message(message_name, /, **fields):
        new = file.message_type.add(name=message_name)
        for field, (number, kind, label) in fields.items():
            new.field.add(name=field, number=number, type=_FIELD.TYPE_MESSAGE if "." in kind else getattr(_FIELD, kind),
                          type_name=kind if "." in kind else None, label=label)

    one, many = _FIELD.LABEL_OPTIONAL, _FIELD.LABEL_REPEATED
    message("Request", file_containing_symbol=(4, "TYPE_STRING", one), list_services=(7, "TYPE_STRING", one))
    message("Files", file_descriptor_proto=(1, "TYPE_BYTES", many))
    message("Service", name=(1, "TYPE_STRING", one))
    message("Services", service=(1, ".r.Service", many))
    message("Response", file_descriptor_response=(4, ".r.Files", one), list_services_response=(6, ".r.Services", one))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return [factory.GetPrototype(pool.FindMessageTypeByName(f"r.{name}")) for name in ("Request", "Response")]


_Request, _Response = _reflection()


class Method:
    """One method: its path, who may call it, and the types of its messages."""

    def __init__(self, descriptor, factory):
        self.service, self.name = descriptor.containing_service.full_name, descriptor.name
        self.path = f"/{self.service}/{self.name}"
        options = descriptor_pb2.MethodOptions.FromString(descriptor.GetOptions().SerializeToString())
        self.roles = {calls.access_pb2.Role.Name(role).removeprefix("ROLE_").lower()
                      for role in options.Extensions[calls.access_pb2.access].roles}
        proto = descriptor_pb2.MethodDescriptorProto()
        descriptor.CopyToProto(proto)
        self.streams = proto.server_streaming
        self.request = factory.GetPrototype(descriptor.input_type)
        self.response = factory.GetPrototype(descriptor.output_type)

    @property
    def row(self):
        """As the table in proto/README.md names it: "Ledger: Earn"."""
        return f"{self.service.rsplit('.', 1)[1].removesuffix('Service')}: {self.name}"


class Contract:
    """All services of an instance, whichever processes they live in."""

    def __init__(self, house):
        trust = grpc.ssl_channel_credentials(house.ca.read_bytes())
        self._channels = [grpc.secure_channel(f"localhost:{port}", trust) for port in house.ports]
        self.methods, self._home = [], {}
        for channel in self._channels:
            for method in self._read(channel):
                self.methods.append(method)
                self._home[method.path] = channel

    def close(self):
        for channel in self._channels:
            channel.close()

    @staticmethod
    def _read(channel):
        ask = channel.stream_stream("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                    request_serializer=_Request.SerializeToString,
                                    response_deserializer=_Response.FromString)
        listed = next(ask(iter([_Request(list_services="*")])))
        names = [s.name for s in listed.list_services_response.service if s.name.startswith("gratis.")]
        pool = descriptor_pool.DescriptorPool()
        files = {}
        for answer in ask(iter([_Request(file_containing_symbol=name) for name in names])):
            for data in answer.file_descriptor_response.file_descriptor_proto:
                file = descriptor_pb2.FileDescriptorProto.FromString(data)
                files[file.name] = file

        def add(name):
            for needed in files[name].dependency:
                add(needed)
            pool.Add(files[name])

        for name in files:
            add(name)
        factory = message_factory.MessageFactory(pool)
        for name in names:
            for method in pool.FindServiceByName(name).methods:
                yield Method(method, factory)

    def call(self, method, request=None, key=None, program=None, most=20):
        """The answers, a list. calls.Failure when the engine refuses."""
        channel = self._home[method.path]
        make = channel.unary_stream if method.streams else channel.unary_unary
        stub = make(method.path, request_serializer=method.request.SerializeToString,
                    response_deserializer=method.response.FromString)
        metadata = [("authorization", f"Bearer {key}")] if key else []
        if program:
            metadata.append(("gratis-program", program))
        try:
            answer = stub(request or method.request(), metadata=metadata, timeout=20)
            return [message for message, _ in zip(answer, range(most))] if method.streams else [answer]
        except grpc.RpcError as error:
            raise calls.Failure(error) from None
