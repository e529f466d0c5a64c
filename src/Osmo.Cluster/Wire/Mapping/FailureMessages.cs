using Osmo.Grains.Errors;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire.Mapping;

/// <summary>Failures that are answers.</summary>
internal static class FailureMessages
{
    public static Proto.Failure Write(OsmoException failure)
    {
        var message = new Proto.Failure { Code = Code(failure.Code), Message = failure.Message };
        foreach (var field in failure.Fields)
        {
            message.Fields.Add(new Proto.Failure.Types.Field { Name = field.Field, Message = field.Message });
        }

        if (failure.Move is { } move)
        {
            message.Shard = move.Shard;
            message.Epoch = move.Epoch;
            message.Owner = move.OwnerIncarnation ?? 0;
        }

        return message;
    }

    public static OsmoException Read(Proto.Failure message) => Code(message.Code) switch
    {
        ErrorCode.Moved when message.HasEpoch => new OsmoException(
            message.Message, new ShardMove(message.Shard, message.Epoch, message.Owner == 0 ? null : message.Owner)),
        var code => new OsmoException(
            code, message.Message, [.. message.Fields.Select(field => new FieldError(field.Name, field.Message))]),
    };

    private static Proto.Failure.Types.Code Code(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => Proto.Failure.Types.Code.Invalid,
        ErrorCode.NotFound => Proto.Failure.Types.Code.NotFound,
        ErrorCode.PreconditionFailed => Proto.Failure.Types.Code.PreconditionFailed,
        ErrorCode.Moved => Proto.Failure.Types.Code.Moved,
        _ => Proto.Failure.Types.Code.Unavailable,
    };

    /// <summary>What this build does not know is no reason to give up for good.</summary>
    private static ErrorCode Code(Proto.Failure.Types.Code code) => code switch
    {
        Proto.Failure.Types.Code.Invalid => ErrorCode.Invalid,
        Proto.Failure.Types.Code.NotFound => ErrorCode.NotFound,
        Proto.Failure.Types.Code.PreconditionFailed => ErrorCode.PreconditionFailed,
        Proto.Failure.Types.Code.Moved => ErrorCode.Moved,
        _ => ErrorCode.Unavailable,
    };
}
