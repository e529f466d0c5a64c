using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Gateway;
using Osmo.Gateway.Agents.Listener;
using Osmo.Grains.Agents;
using Osmo.Grains.Listeners;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Gateway;

/// <summary>One connection of an OSMO agent with the grain of its backend.</summary>
public sealed class ListenerConduitTests : IAsyncDisposable
{
    private const string Init =
        """{"type":"init","body":{"k8s_uid":"c","k8s_namespace":"osmo","version":"5.0.0","node_condition_prefix":""}}""";

    private readonly ManualTimeProvider _time = new();
    private readonly ScriptedBackend _backend = new();
    private readonly AgentFrames _agent = new(areText: true);
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly GatewayMetrics _metrics;
    private readonly ListenerConduit _conduit;

    public ListenerConduitTests()
    {
        _metrics = new GatewayMetrics(_services.GetRequiredService<IMeterFactory>());
        var scene = new ListenerScene(FakeGrains.Of(_backend).Factory, _metrics, new RefusalLog(_time), _time, NullLogger.Instance);
        _conduit = new ListenerConduit(BackendName.Parse("isaac"), ListenerChannel.Node, _agent, scene);
    }

    public async ValueTask DisposeAsync()
    {
        await _conduit.DisposeAsync();
        _metrics.Dispose();
        await _services.DisposeAsync();
    }

    [Fact]
    public async Task What_waits_goes_to_the_grain_together_and_is_acknowledged_in_order()
    {
        var first = new TaskCompletionSource();
        _backend.ReportListener = _ => first.Task;
        await SayAsync(Heartbeat("a"));
        await SayAsync(Init);
        await CalledAsync("listener Node", "reports 1: a");
        await SayAsync(Heartbeat("b"));
        await SayAsync("""{"type":"task_list","body":{},"uuid":"c"}""");
        await SayAsync("""{"type":"delete_resource","body":{"resource":"n1"},"uuid":"d"}""");
        Assert.Empty(_agent.Said);

        first.SetResult();
        await CalledAsync("listener Node", "reports 1: a", "reports 1: b c d");
        await AcknowledgedAsync("a", "b", "c", "d");

        // Nothing waits: what no grain has to take is acknowledged at once.
        await SayAsync("""{"type":"task_list","body":{},"uuid":"e"}""");
        await AcknowledgedAsync("a", "b", "c", "d", "e");
        Assert.Equal(3, _backend.Calls.Count);
    }

    [Fact]
    public async Task An_agent_whose_session_is_lost_is_sent_away_to_come_again()
    {
        _backend.ReportListener = _ => Task.FromException(new OsmoException(ErrorCode.Moved, "the session has ended"));
        await SayAsync(Init);
        await SayAsync(Heartbeat("a"));
        await Eventually.HoldsAsync(() => _agent.Said.SequenceEqual(["move"]), "the connection is closed");
        await SayAsync(Heartbeat("b"));
        Assert.Equal(["listener Node", "reports 1: a"], _backend.Calls);
    }

    [Fact]
    public async Task An_agent_that_the_grain_refuses_is_not_to_come_again()
    {
        _backend.ConnectListener = _ => Task.FromResult(new AgentJoined(0, false, AgentRefusal.ClusterConflict, "no"));
        await SayAsync(Init);
        await Eventually.HoldsAsync(() => _agent.Said.SequenceEqual(["complete"]), "the connection is closed");
    }

    [Fact]
    public async Task An_agent_waits_for_a_backend_that_cannot_be_served_yet_and_is_sent_away_after_a_while()
    {
        _backend.ConnectListener = _ => Task.FromException<AgentJoined>(new IOException("no silo"));
        var greeting = SayAsync(Init);
        await Eventually.HoldsAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(500));
                return greeting.IsCompleted;
            },
            "the agent is sent away");
        await Eventually.HoldsAsync(() => _agent.Said.SequenceEqual(["move"]), "the connection is closed");
        Assert.InRange(_backend.Calls.Count, 5, 30);
    }

    [Fact]
    public async Task The_queue_takes_no_more_than_its_bounds()
    {
        var queue = new ReportQueue();
        for (var i = 0; i < ReportQueue.ReportsMax; i++)
        {
            Assert.True(queue.TryAdd(new ListenerLife(i.ToString()), 1));
        }

        Assert.False(queue.TryAdd(new ListenerLife("x"), 1));
        var waiting = queue.AddAsync(new ListenerLife("x"), ReportQueue.BytesMax, TestContext.Current.CancellationToken).AsTask();
        var taken = ImmutableArray<ListenerReport>.Empty;
        while (taken.Length <= ReportQueue.ReportsMax)
        {
            taken = taken.AddRange(await queue.TakeAsync(TestContext.Current.CancellationToken));
            await waiting;
        }

        Assert.Equal("x", taken[^1].Id);
        Assert.False(queue.IsIdle);
    }

    private static string Heartbeat(string id) => $$"""{"type":"heartbeat","body":{},"uuid":"{{id}}"}""";

    private Task SayAsync(string frame) =>
        _conduit.ReceiveAsync(Encoding.UTF8.GetBytes(frame), TestContext.Current.CancellationToken).AsTask();

    private Task AcknowledgedAsync(params string[] ids) => Eventually.HoldsAsync(
        () => _agent.Said.Count == ids.Length
            && _agent.Said.Zip(ids).All(pair => pair.First.Contains($"\"uuid\":\"{pair.Second}\"", StringComparison.Ordinal)),
        $"{string.Join(' ', ids)} are acknowledged",
        () => string.Join('\n', _agent.Said));

    private Task CalledAsync(params string[] all) => Eventually.HoldsAsync(
        () => _backend.Calls.SequenceEqual(all), $"the grain is told {string.Join(", ", all)}", () => string.Join(", ", _backend.Calls));
}
