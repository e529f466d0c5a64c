using Osmo.Cluster.Wire;
using Osmo.Cluster.Wire.Mapping;
using Osmo.Grains.Backends;
using Osmo.Grains.Engine;
using Osmo.Grains.Errors;
using Osmo.Grains.Nodes;
using Proto = Osmo.Protocol.Cluster.V1;

namespace Osmo.Cluster.Routing;

/// <summary>One operation on a grain, to be run here or elsewhere, and as often as it takes: every one of them may be repeated.</summary>
/// <typeparam name="TAnswer">What it answers.</typeparam>
internal abstract class GrainCall<TAnswer>
{
    /// <summary>Runs it on a grain of this process.</summary>
    public abstract Task<TAnswer> RunAsync(IGrainEngine local, BackendName backend, CancellationToken cancellationToken);

    /// <summary>Puts it into a message.</summary>
    public abstract void Write(Proto.Call call);

    /// <summary>Reads the answer; null where it is the answer to something else.</summary>
    /// <exception cref="WireFormatException">The answer cannot be read.</exception>
    public abstract bool TryRead(Proto.Answer answer, out TAnswer result);
}

internal sealed class PingCall : GrainCall<BackendPlacement>
{
    public static readonly PingCall Instance = new();

    private static readonly Proto.Ping Message = new();

    public override Task<BackendPlacement> RunAsync(IGrainEngine local, BackendName backend, CancellationToken cancellationToken) =>
        local.GetBackend(backend).PingAsync(cancellationToken);

    public override void Write(Proto.Call call) => call.Ping = Message;

    public override bool TryRead(Proto.Answer answer, out BackendPlacement result)
    {
        result = answer.Placement is { } placement ? CallMessages.Read(placement) : null!;
        return result is not null;
    }
}

internal sealed class GetCall : GrainCall<BackendStatus>
{
    public static readonly GetCall Instance = new();

    public override Task<BackendStatus> RunAsync(IGrainEngine local, BackendName backend, CancellationToken cancellationToken) =>
        local.GetBackend(backend).GetAsync(cancellationToken);

    public override void Write(Proto.Call call) => call.Get = new Proto.Get();

    public override bool TryRead(Proto.Answer answer, out BackendStatus result)
    {
        result = answer.Status is { } status ? BackendMessages.Read(status) : null!;
        return result is not null;
    }
}

internal sealed class ConfigureCall(ConfigEdit edit, Audit audit, long? expectedRevision) : GrainCall<BackendRecord>
{
    public override Task<BackendRecord> RunAsync(IGrainEngine local, BackendName backend, CancellationToken cancellationToken) =>
        local.GetBackend(backend).ConfigureAsync(edit, audit, expectedRevision, cancellationToken);

    public override void Write(Proto.Call call)
    {
        call.Configure = CallMessages.Write(edit, audit, expectedRevision);
        if (call.Configure.CalculateSize() > FrameWriter.MessageBytesMax)
        {
            throw new OsmoException(ErrorCode.Invalid, "The change is too large. Make it in several smaller ones.");
        }
    }

    public override bool TryRead(Proto.Answer answer, out BackendRecord result)
    {
        result = answer.Record is { } record ? BackendMessages.Read(record) : null!;
        return result is not null;
    }
}

internal sealed class DeleteCall(Audit audit, long? expectedRevision) : GrainCall<bool>
{
    public override async Task<bool> RunAsync(IGrainEngine local, BackendName backend, CancellationToken cancellationToken)
    {
        await local.GetBackend(backend).DeleteAsync(audit, expectedRevision, cancellationToken).ConfigureAwait(false);
        return true;
    }

    public override void Write(Proto.Call call) => call.Delete = CallMessages.Write(audit, expectedRevision);

    public override bool TryRead(Proto.Answer answer, out bool result) => result = answer.Done is not null;
}

internal sealed class ListNodesCall(NodeQuery query) : GrainCall<NodePage>
{
    public override Task<NodePage> RunAsync(IGrainEngine local, BackendName backend, CancellationToken cancellationToken) =>
        local.GetBackend(backend).ListNodesAsync(query, cancellationToken);

    public override void Write(Proto.Call call) => call.ListNodes = CallMessages.Write(query);

    public override bool TryRead(Proto.Answer answer, out NodePage result)
    {
        result = answer.Nodes is { } page ? PageMessages.Read(page) : null!;
        return result is not null;
    }
}

internal sealed class ExplainNodeCall(string node) : GrainCall<NodeExplanation>
{
    public override Task<NodeExplanation> RunAsync(IGrainEngine local, BackendName backend, CancellationToken cancellationToken) =>
        local.GetNode(backend, node).ExplainAsync(cancellationToken);

    public override void Write(Proto.Call call) => call.ExplainNode = new Proto.ExplainNode { Node = node };

    public override bool TryRead(Proto.Answer answer, out NodeExplanation result)
    {
        result = answer.Nodes is { Nodes.Count: 1 } page ? PageMessages.Read(page).Nodes[0] : null!;
        return result is not null;
    }
}
