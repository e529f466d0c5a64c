using System.Collections.Concurrent;
using System.Collections.Immutable;
using Osmo.Domain.Backends;
using Osmo.Grains.Agents;
using Osmo.Grains.Backends;
using Osmo.Grains.Listeners;
using Osmo.Grains.Nodes;

namespace Osmo.Unit.Tests.Gateway;

/// <summary>A backend's grain that does what a test says, and notes what it is told.</summary>
public sealed class ScriptedBackend : IBackendGrain
{
    public ConcurrentQueue<string> Keys { get; } = [];

    public ConcurrentQueue<string> Calls { get; } = [];

    public ConcurrentQueue<RequestId?> Requests { get; } = [];

    public INodeGrain Node { get; set; } = null!;

    public Func<CancellationToken, Task<BackendStatus>> Get { get; set; } = _ => throw new NotSupportedException();

    public Func<CancellationToken, Task> Delete { get; set; } = _ => Task.CompletedTask;

    public Func<AgentHello, IAgentObserver, Task<AgentJoined>> Connect { get; set; } =
        (_, _) => Task.FromResult(new AgentJoined(1, true, null, ""));

    public Func<IListenerObserver, Task<AgentJoined>> ConnectListener { get; set; } =
        _ => Task.FromResult(new AgentJoined(1, false, null, ""));

    public Func<long, NodeReportBatch, Task<bool>> Report { get; set; } = (_, _) => Task.FromResult(true);

    public Func<ImmutableArray<ListenerReport>, Task> ReportListener { get; set; } = _ => Task.CompletedTask;

    public Func<long, ValueTask<bool>> HasSession { get; set; } = _ => ValueTask.FromResult(true);

    public Task<BackendStatus> GetAsync(CancellationToken cancellationToken) => Get(cancellationToken);

    public Task<BackendRecord> ConfigureAsync(
        ConfigEdit edit, Audit audit, long? expectedRevision, CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task DeleteAsync(Audit audit, long? expectedRevision, CancellationToken cancellationToken)
    {
        Requests.Enqueue(audit.Request);
        return Delete(cancellationToken);
    }

    public Task<NodePage> ListNodesAsync(NodeQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<BackendPlacement> PingAsync() => ValueTask.FromResult(new BackendPlacement("silo-0", "127.0.0.1:1@1"));

    public Task<AgentJoined> ConnectAgentAsync(AgentHello hello, IAgentObserver observer)
    {
        Calls.Enqueue("connect");
        return Connect(hello, observer);
    }

    public Task<bool> ReportAsync(long session, NodeReportBatch batch)
    {
        Calls.Enqueue($"report {session}/{batch.Sequence}");
        return Report(session, batch);
    }

    public Task ReportLabelsAsync(long session, ImmutableArray<LabelReport> reports)
    {
        Calls.Enqueue($"labels {session}");
        return Task.CompletedTask;
    }

    public Task HeartbeatAsync(long session, string? clusterError)
    {
        Calls.Enqueue($"heartbeat {session} {clusterError}".TrimEnd());
        return Task.CompletedTask;
    }

    public ValueTask<bool> HasSessionAsync(long session) => HasSession(session);

    public Task DisconnectAsync(long session)
    {
        Calls.Enqueue($"disconnect {session}");
        return Task.CompletedTask;
    }

    public Task<AgentJoined> ConnectListenerAsync(ListenerHello hello, IListenerObserver observer)
    {
        Calls.Enqueue($"listener {hello.Channel}");
        return ConnectListener(observer);
    }

    public Task ReportListenerAsync(long session, ImmutableArray<ListenerReport> reports)
    {
        Calls.Enqueue($"reports {session}: {string.Join(' ', reports.Select(report => report.Id))}");
        return ReportListener(reports);
    }
}
