using Osmo.KubeSim.Faults;
using Osmo.Testing;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Fault.Tests.EndToEnd;

/// <summary>
/// The API server misbehaves while the cluster churns. Afterwards the labels in the cluster are what the rules say of its nodes, and
/// the server knows just those nodes: asserted on the world, not on calls.
/// </summary>
public sealed class ClusterFaultTests : IAsyncLifetime
{
    private RunningServer _server = null!;

    public static TheoryData<WatchFaultKind, int> WatchFaults => new()
    {
        { WatchFaultKind.Drop, 0 },
        { WatchFaultKind.CutLine, 0 },
        { WatchFaultKind.CutLineThenEnd, 0 },
        { WatchFaultKind.GarbageLine, 0 },
        { WatchFaultKind.End, 0 },
        { WatchFaultKind.ErrorEvent, 410 },
        { WatchFaultKind.ErrorEvent, 429 },
        { WatchFaultKind.ErrorEvent, 500 },
        { WatchFaultKind.ErrorEvent, 504 },
    };

    public static TheoryData<string, int, bool> Answers => new()
    {
        { "watch", 410, false },
        { "watch", 429, false },
        { "watch", 429, true },
        { "watch", 500, false },
        { "watch", 503, false },
        { "watch", 504, false },
        { "watch", 0, false },
        { "list", 410, false },
        { "list", 429, true },
        { "list", 500, false },
        { "list", 503, false },
        { "list", 0, false },
        { "patch", 429, false },
        { "patch", 429, true },
        { "patch", 500, false },
        { "patch", 503, false },
        { "patch", 504, false },
        { "patch", 409, false },
        { "patch", 0, false },
    };

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        Assert.Empty(_server.Errors);
        await _server.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(WatchFaults))]
    public async Task A_watch_breaks_again_and_again(WatchFaultKind kind, int code)
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        for (var i = 0; i < 3; i++)
        {
            await Eventually.HoldsAsync(() => east.Backend.Kube.Faults.OpenWatches > 0, "a watch is open");
            east.Backend.Kube.Faults.InjectIntoWatches(new WatchFault(kind, code));
            await east.ChurnsAsync();
        }

        await east.ConvergesAsync(_server, $"{kind} {code}");
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public async Task Requests_are_answered_with_an_error(string verb, int status, bool plainText)
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        var faults = east.Backend.Kube.Faults;
        faults.FailNext(verb, 2, new FaultResponse(status, status == 429 ? 1 : null, plainText));
        if (verb != "patch")
        {
            // A list is only made for a version that is expired, a watch when the one before it has ended.
            east.Backend.Cluster.Compact();
            faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        }

        await Eventually.HoldsAsync(() => faults.Unmet(verb) == 0, "the error was met twice");
        await east.ChurnsAsync();
        await east.ConvergesAsync(_server, $"{status} to {verb}, twice");
    }

    [Fact]
    public async Task Watches_are_silent_for_a_while()
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        east.Backend.Kube.Faults.StallWatches = true;
        await east.ChurnsAsync(100);
        east.Backend.Kube.Faults.StallWatches = false;
        await east.ConvergesAsync(_server, "a stall");
    }

    [Fact]
    public async Task Lists_are_slow_while_the_version_to_resume_from_is_gone()
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        east.Backend.Kube.Faults.ListDelay = TimeSpan.FromMilliseconds(300);
        east.Backend.Cluster.Compact();
        east.Backend.Kube.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.ErrorEvent));
        await east.ChurnsAsync(100);
        await east.ConvergesAsync(_server, "slow lists");
    }

    [Fact]
    public async Task Some_nodes_cannot_be_patched_for_a_while_and_the_others_can()
    {
        await using var east = await LiveBackend.StartAsync(_server, "east", nodes: 30);
        await east.ConvergesAsync(_server);
        var stuck = east.Cluster.Nodes.Where(node => FleetTruth.IsAvailable(node, east.Rules)).Take(5).Select(node => node.Name).ToArray();
        foreach (var node in stuck)
        {
            east.Kube.Faults.FailPatchesOf(node, FaultResponse.InternalError);
        }

        // Every other node's label changes, as if those five were not there.
        await east.SetRulesAsync(_server, [], ["Infini*"]);
        await Eventually.HoldsAsync(
            () => east.Cluster.Nodes.All(node => stuck.Contains(node.Name) || node.Labels["osmo.nvidia.com/verified"] == "False"),
            "the others are labelled");
        await Eventually.AgreesAsync(
            async () => (int)(await _server.GetAsync("/api/backends/east"))["labels_failing"]! == stuck.Length ? null : "not yet told",
            "the server tells how many fail");
        east.Kube.Faults.Clear();
        await east.ConvergesAsync(_server, "failing patches");
    }

    [Theory]
    [InlineData("patch")]
    [InlineData("watch")]
    [InlineData("*")]
    public async Task Rights_are_revoked_and_given_back(string verb)
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        east.Backend.Kube.Faults.RevokeRights(verb);
        east.Backend.Kube.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.End));
        await east.ChurnsAsync(60);
        east.Backend.Kube.Faults.RestoreRights();
        await east.ConvergesAsync(_server, $"revoked rights to {verb}");
    }

    [Fact]
    public async Task Connections_are_refused()
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        east.Backend.Kube.Faults.RefuseConnections = true;
        east.Backend.Kube.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        await east.ChurnsAsync(60);
        east.Backend.Kube.Faults.RefuseConnections = false;
        await east.ConvergesAsync(_server, "refused connections");
    }

    [Fact]
    public async Task The_API_server_is_killed_and_comes_back()
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east");
        for (var i = 0; i < 3; i++)
        {
            await east.Backend.Kube.StopListeningAsync();
            await east.ChurnsAsync();
            await east.Backend.Kube.ResumeListeningAsync(TestContext.Current.CancellationToken);
            await east.ChurnsAsync();
        }

        await east.ConvergesAsync(_server, "three deaths of the API server");
    }

    [Fact]
    public async Task One_clusters_trouble_is_not_anothers()
    {
        await using var east = await ChurningBackend.StartAsync(_server, "east", seed: 1);
        await using var west = await ChurningBackend.StartAsync(_server, "west", seed: 2);
        east.Backend.Kube.Faults.FailAll("*", FaultResponse.InternalError);
        east.Backend.Kube.Faults.InjectIntoWatches(new WatchFault(WatchFaultKind.Drop));
        await west.ChurnsAsync();
        await west.ConvergesAsync(_server, "trouble of another cluster");
        east.Backend.Kube.Faults.Clear();
        await east.ConvergesAsync(_server, "its own trouble");
    }
}
