"""The messages that pass between the Functions host and its Python worker, as real protobuf classes.

The worker library is handed these classes and fills them, so their checks of names and types are
protobuf's own. Host and worker share a process here and nothing is sent: the numbers of fields,
which matter on a wire, are therefore only counted up.
"""

from types import SimpleNamespace
from typing import Any, Final

from google.protobuf import (
    descriptor_pb2,
    descriptor_pool,
    duration_pb2,
    message_factory,
    timestamp_pb2,
)

_PACKAGE: Final = "worker"

_MESSAGES: Final = {
    "WorkerInitRequest": "host_version: string, capabilities: {string},"
    " worker_directory: string, function_app_directory: string",
    "WorkerInitResponse": "worker_version: string, capabilities: {string}, result: StatusResult,"
    " worker_metadata: WorkerMetadata",
    "WorkerMetadata": "runtime_name: string, runtime_version: string, worker_version: string,"
    " worker_bitness: string, custom_properties: {string}",
    "StatusResult": "status: Status, result: string, exception: RpcException",
    "RpcException": "source: string, stack_trace: string, message: string",
    "FunctionsMetadataRequest": "function_app_directory: string",
    "FunctionMetadataResponse": "function_metadata_results: [RpcFunctionMetadata],"
    " result: StatusResult, use_default_metadata_indexing: bool",
    "RpcFunctionMetadata": "name: string, directory: string, script_file: string,"
    " entry_point: string, bindings: {BindingInfo}, is_proxy: bool, language: string,"
    " raw_bindings: [string], function_id: string, managed_dependency_enabled: bool,"
    " retry_options: RpcRetryOptions, properties: {string}",
    "BindingInfo": "type: string, direction: Direction, data_type: DataType",
    "RpcRetryOptions": "max_retry_count: int32, delay_interval: Duration,"
    " minimum_interval: Duration, maximum_interval: Duration, retry_strategy: RetryStrategy",
    "FunctionLoadRequest": "function_id: string, metadata: RpcFunctionMetadata",
    "FunctionLoadResponse": "function_id: string, result: StatusResult",
    "InvocationRequest": "invocation_id: string, function_id: string,"
    " input_data: [ParameterBinding], trigger_metadata: {TypedData},"
    " trace_context: RpcTraceContext, retry_context: RetryContext",
    "InvocationResponse": "invocation_id: string, output_data: [ParameterBinding],"
    " return_value: TypedData, result: StatusResult",
    "RpcTraceContext": "trace_parent: string, trace_state: string, attributes: {string}",
    "RetryContext": "retry_count: int32, max_retry_count: int32, exception: RpcException",
    "ParameterBinding": "name: string, data: TypedData @rpc_data",
    "TypedData": "string: string @data, json: string @data, bytes: bytes @data,"
    " http: RpcHttp @data, int: sint64 @data, double: double @data",
    "RpcHttp": "method: string, url: string, headers: {string}, body: TypedData,"
    " params: {string}, status_code: string, query: {string},"
    " enable_content_negotiation: bool, cookies: [RpcHttpCookie]",
    "RpcHttpCookie": "name: string, value: string, domain: NullableString,"
    " path: NullableString, expires: NullableTimestamp, secure: NullableBool,"
    " http_only: NullableBool, same_site: SameSite, max_age: NullableDouble",
    "NullableString": "value: string",
    "NullableDouble": "value: double",
    "NullableBool": "value: bool",
    "NullableTimestamp": "value: Timestamp",
}
"""Each message's fields; {x} maps strings to x, [x] is a list, @group a choice of one of them."""

_ENUMS: Final = {
    "Status": ("StatusResult", "Failure", "Success", "Cancelled"),
    "Direction": ("BindingInfo", "in", "out", "inout"),
    "DataType": ("BindingInfo", "undefined", "string", "binary", "stream"),
    "RetryStrategy": ("RpcRetryOptions", "exponential_backoff", "fixed_delay"),
    "SameSite": ("RpcHttpCookie", "None", "Lax", "Strict", "ExplicitNone"),
}
"""Each enumeration: the message it belongs to, then its values from 0."""

_FIELD: Final = descriptor_pb2.FieldDescriptorProto
_SCALARS: Final = {
    "string": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
    "bool": _FIELD.TYPE_BOOL,
    "double": _FIELD.TYPE_DOUBLE,
    "int32": _FIELD.TYPE_INT32,
    "sint64": _FIELD.TYPE_SINT64,
}
_GOOGLE: Final = ("Duration", "Timestamp")


def messages() -> SimpleNamespace:
    """Return the classes as attributes, in the form that the worker library takes."""
    file = descriptor_pb2.FileDescriptorProto(
        name="worker.proto", package=_PACKAGE, syntax="proto3"
    )
    pool = descriptor_pool.DescriptorPool()
    for known in (duration_pb2, timestamp_pb2):
        pool.AddSerializedFile(known.DESCRIPTOR.serialized_pb)
        file.dependency.append(known.DESCRIPTOR.name)
    for name, fields in _MESSAGES.items():
        _declare(file.message_type.add(name=name), fields)
    pool.AddSerializedFile(file.SerializeToString())
    classes: dict[str, Any] = {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))
        for name in _MESSAGES
    }
    return SimpleNamespace(**classes)


def _declare(message: descriptor_pb2.DescriptorProto, fields: str) -> None:
    for name, (owner, *values) in _ENUMS.items():
        if owner == message.name:
            enum = message.enum_type.add(name=name)
            for number, value in enumerate(values):
                enum.value.add(name=value, number=number)
    for number, text in enumerate(fields.split(","), 1):
        name, _, rest = text.strip().partition(": ")
        kind, _, choice = rest.partition(" @")
        field = message.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL)
        if kind[0] in "{[":
            field.label = _FIELD.LABEL_REPEATED
        if kind[0] == "{":
            _make_map(message, field, kind[1:-1])
        else:
            _set_type(field, kind.strip("[]"))
        if choice:
            _make_choice(message, field, choice)


def _make_map(
    message: descriptor_pb2.DescriptorProto, field: descriptor_pb2.FieldDescriptorProto, kind: str
) -> None:
    entry = message.nested_type.add(name=f"{field.name.title().replace('_', '')}Entry")
    entry.options.map_entry = True
    for number, (name, of) in enumerate((("key", "string"), ("value", kind)), 1):
        inner = entry.field.add(name=name, number=number, label=_FIELD.LABEL_OPTIONAL)
        _set_type(inner, of)
    field.type = _FIELD.TYPE_MESSAGE
    field.type_name = f".{_PACKAGE}.{message.name}.{entry.name}"


def _make_choice(
    message: descriptor_pb2.DescriptorProto, field: descriptor_pb2.FieldDescriptorProto, name: str
) -> None:
    choices = [each.name for each in message.oneof_decl]
    if name not in choices:
        message.oneof_decl.add(name=name)
        choices.append(name)
    field.oneof_index = choices.index(name)


def _set_type(field: descriptor_pb2.FieldDescriptorProto, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    elif kind in _ENUMS:
        field.type = _FIELD.TYPE_ENUM
        field.type_name = f".{_PACKAGE}.{_ENUMS[kind][0]}.{kind}"
    else:
        field.type = _FIELD.TYPE_MESSAGE
        field.type_name = f".google.protobuf.{kind}" if kind in _GOOGLE else f".{_PACKAGE}.{kind}"
