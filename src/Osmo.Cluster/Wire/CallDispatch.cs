using Microsoft.Extensions.Logging;
using Osmo.Cluster.Ownership;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Storage;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Wire;

/// <summary>Runs a call on a grain of this process.</summary>
internal static class CallDispatch
{
    /// <summary>
    /// Runs it, and makes an answer of every failure. What takes a processor long runs aside, so that it holds up nobody.
    /// </summary>
    public static async Task<Proto.Answer> AnswerAsync(
        IGrainEngine engine, IShardAdmission? admission, Proto.Call call, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var running = call.OperationCase is Proto.Call.OperationOneofCase.ListNodes or Proto.Call.OperationOneofCase.Get
                ? Task.Run(() => RunAsync(engine, admission, call, cancellationToken))
                : RunAsync(engine, admission, call, cancellationToken);
            return await running.ConfigureAwait(false);
        }
        catch (OsmoException failure)
        {
            return Refusal(failure);
        }
        catch (OperationCanceledException)
        {
            return Refusal(new OsmoException(ErrorCode.Unavailable, "The silo did not come to it in time."));
        }
        catch (WireFormatException failure)
        {
            return Refusal(new OsmoException(ErrorCode.Invalid, failure.Message));
        }
        catch (Exception failure)
        {
            ClusterLog.CallFailed(logger, call.Backend, failure);
            return Refusal(new OsmoException(ErrorCode.Unavailable, "The silo met an internal error; its log says more."));
        }
    }

    /// <summary>A failure as an answer.</summary>
    public static Proto.Answer Refusal(OsmoException failure) => new() { Failure = FailureMessages.Write(failure) };

    /// <summary>Runs it, after a look at whether the backend has just come here where the process does not know that it has.</summary>
    /// <exception cref="WireFormatException">The call cannot be read.</exception>
    private static async Task<Proto.Answer> RunAsync(
        IGrainEngine engine, IShardAdmission? admission, Proto.Call call, CancellationToken cancellationToken)
    {
        var name = BackendMessages.Name(call.Backend);
        if (admission is not null)
        {
            await admission.AdmitAsync(BackendShard.Of(name), cancellationToken).ConfigureAwait(false);
        }

        var backend = engine.GetBackend(name);
        switch (call.OperationCase)
        {
            case Proto.Call.OperationOneofCase.Ping:
                var placement = await backend.PingAsync(cancellationToken).ConfigureAwait(false);
                return new Proto.Answer { Placement = CallMessages.Write(placement) };
            case Proto.Call.OperationOneofCase.Get:
                var status = await backend.GetAsync(cancellationToken).ConfigureAwait(false);
                return new Proto.Answer { Status = BackendMessages.Write(status) };
            case Proto.Call.OperationOneofCase.Configure:
                var change = call.Configure;
                var record = await backend.ConfigureAsync(
                    CallMessages.ReadEdit(change),
                    CallMessages.Read(change.Audit),
                    change.HasExpectedRevision ? change.ExpectedRevision : null,
                    cancellationToken).ConfigureAwait(false);
                return new Proto.Answer { Record = BackendMessages.Write(record) };
            case Proto.Call.OperationOneofCase.Delete:
                await backend.DeleteAsync(
                    CallMessages.Read(call.Delete.Audit),
                    call.Delete.HasExpectedRevision ? call.Delete.ExpectedRevision : null,
                    cancellationToken).ConfigureAwait(false);
                return new Proto.Answer { Done = new Proto.Done() };
            case Proto.Call.OperationOneofCase.ListNodes:
                var page = await backend.ListNodesAsync(CallMessages.Read(call.ListNodes), cancellationToken).ConfigureAwait(false);
                return new Proto.Answer { Nodes = PageMessages.Write(page) };
            case Proto.Call.OperationOneofCase.ExplainNode:
                var node = await engine.GetNode(name, call.ExplainNode.Node).ExplainAsync(cancellationToken).ConfigureAwait(false);
                return new Proto.Answer { Nodes = PageMessages.Write(node) };
            default:
                throw new WireFormatException("The silo does not know this operation. Upgrade it, or use a caller of its version.");
        }
    }
}
