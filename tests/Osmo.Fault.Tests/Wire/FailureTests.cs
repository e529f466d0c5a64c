using Osmo.Kubernetes;
using Osmo.KubeSim;
using Osmo.KubeSim.Faults;
using Xunit;

namespace Osmo.Fault.Tests.Wire;

/// <summary>Behaviours 16 to 19 of a real API server: refusals, its end, its storage's, and lost rights.</summary>
public sealed class FailureTests
{
    private static readonly KubernetesClientOptions Impatient = new()
    {
        ResponseTimeout = TimeSpan.FromMilliseconds(500),
        BodyIdleTimeout = TimeSpan.FromMilliseconds(500),
    };

    [Theory]
    [InlineData("list")]
    [InlineData("watch")]
    public async Task Behaviour_16_a_plain_text_429_is_waited_out(string verb)
    {
        await using WireFixture fixture = await WireFixture.ServeAsync();
        fixture.Faults.FailNext(verb, 1, FaultResponse.TooManyRequestsPlainText);
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.LastFailure == KubernetesFailure.Throttled, "the refusal is told");
        Assert.Contains("Too many requests", fixture.State.LastError, StringComparison.Ordinal);
        fixture.Cluster.Cordon("node-0");
        await fixture.AgreesAsync();
        await fixture.HoldsAsync(() => fixture.Server.Requests.OpenWatches == 1, "a watch is open");
    }

    [Fact]
    public async Task Behaviour_16_a_throttled_patch_says_how_long_to_wait()
    {
        await using WireFixture fixture = await WireFixture.ServeAsync();
        fixture.Faults.FailNext("patch", 1, FaultResponse.TooManyRequestsPlainText);
        PatchResult result = await fixture.LabelAsync("node-0", "a", "b");
        Assert.Equal((PatchOutcome.Throttled, TimeSpan.FromSeconds(1)), (result.Outcome, result.RetryAfter));
        Assert.Equal(PatchOutcome.Applied, (await fixture.LabelAsync("node-0", "a", "b")).Outcome);
        Assert.Equal("b", fixture.Cluster.TryGet("node-0")!.Labels["a"]);
    }

    [Fact]
    public async Task Behaviour_16_a_401_ends_as_soon_as_the_token_file_holds_a_good_token()
    {
        string file = Path.Combine(Directory.CreateTempSubdirectory("osmo-wire").FullName, "token");
        await File.WriteAllTextAsync(file, "expired-token", WireFixture.Cancel);
        await using WireFixture fixture = await WireFixture.ServeAsync(
            simulated: new KubeSimOptions
            {
                Tls = true,
                Tokens = new Dictionary<string, KubeSimUser> { ["good-token"] = new("agent", new HashSet<string> { "list", "watch" }) },
            },
            tokenFile: file);
        fixture.Start();
        await fixture.HoldsAsync(() => fixture.State.LastFailure == KubernetesFailure.Unauthorized, "the token is refused");
        Assert.DoesNotContain("expired-token", fixture.State.LastError, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "good-token", WireFixture.Cancel);
        await fixture.AgreesAsync();
        PatchResult forbidden = await fixture.LabelAsync("node-0", "a", "b");
        Assert.Equal(PatchOutcome.Forbidden, forbidden.Outcome);
        Assert.Contains("ClusterRole", forbidden.Error, StringComparison.Ordinal);
        Directory.Delete(Path.GetDirectoryName(file)!, recursive: true);
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Behaviour_17_a_server_on_its_way_out_is_silent_then_gone_then_listed_anew(bool tls, bool streams)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions { Tls = tls }, options: WireFixture.Patient with { UsesWatchList = streams });
        await fixture.Server.ShutDownGracefullyAsync(TimeSpan.FromMilliseconds(400), WireFixture.Cancel);
        await fixture.HoldsAsync(() => fixture.State.LastFailure == KubernetesFailure.Unreachable, "the port refuses");
        Assert.Equal(streams ? 2 : 1, fixture.State.Bookmarks + fixture.State.StreamedLists);
        Assert.Equal(PatchOutcome.Unavailable, (await fixture.LabelAsync("node-1", "a", "b")).Outcome);
        Assert.Equal(3, fixture.Sink.Nodes.Count);
        fixture.Cluster.RemoveNode("node-0");
        fixture.Cluster.Cordon("node-1");
        await fixture.Server.ResumeListeningAsync(WireFixture.Cancel);
        await fixture.AgreesAsync();
        await fixture.HoldsAsync(() => fixture.State is { ConsecutiveFailures: 0, Lists: 2 }, "it listed again and is well");
    }

    [Fact]
    public async Task Behaviour_17_a_silence_longer_than_the_idle_limit_is_not_sat_out()
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            options: WireFixture.Patient with { WatchIdleMax = TimeSpan.FromMilliseconds(200) });
        using CancellationTokenSource kill = new();
        Task going = fixture.Server.ShutDownGracefullyAsync(TimeSpan.FromMinutes(5), kill.Token);
        await fixture.HoldsAsync(
            () => fixture.State.LastFailure == KubernetesFailure.Unreachable, "it has hung up and found the port closed");
        await kill.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => going);
        fixture.Cluster.Cordon("node-1");
        await fixture.Server.ResumeListeningAsync(WireFixture.Cancel);
        await fixture.AgreesAsync();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Behaviour_17_a_killed_server_ends_streams_in_the_middle(bool tls, bool streams)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions { Tls = tls }, options: WireFixture.Patient with { UsesWatchList = streams });
        await fixture.Server.StopListeningAsync();
        fixture.Cluster.RemoveNode("node-0");
        fixture.AddNode("node-7");
        await fixture.HoldsAsync(() => fixture.State.ConsecutiveFailures > 1, "the loss is noticed");
        Assert.Equal(3, fixture.Sink.Nodes.Count);
        await fixture.Server.ResumeListeningAsync(WireFixture.Cancel);
        await fixture.AgreesAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_18_while_etcd_is_frozen_what_is_known_stays_and_afterwards_all_is_caught_up(bool streams)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(
            simulated: new KubeSimOptions { StorageTimeout = TimeSpan.FromMilliseconds(200) },
            options: WireFixture.Patient with { WatchIdleMax = TimeSpan.FromMilliseconds(400), UsesWatchList = streams },
            limits: Impatient);
        fixture.Faults.StorageFrozen = true;
        PatchResult patch = await fixture.LabelAsync("node-0", "a", "b");
        Assert.Equal(PatchOutcome.Unavailable, patch.Outcome);
        Assert.Contains("504", patch.Error, StringComparison.Ordinal);
        KubernetesApiException e = await Assert.ThrowsAsync<KubernetesApiException>(
            () => fixture.Client.ListNodesAsync(options: null, decoder: null, known: null, WireFixture.Cancel));
        Assert.Equal(KubernetesFailure.Timeout, e.Failure);
        using HttpClient http = new() { BaseAddress = fixture.Server.BaseUri };
        string cached = await http.GetStringAsync("/api/v1/nodes?resourceVersion=0", WireFixture.Cancel);
        Assert.Contains("node-2", cached, StringComparison.Ordinal);
        await fixture.HoldsAsync(() => fixture.State.ConsecutiveFailures > 1, "the silence is noticed");
        Assert.Equal(1, fixture.Deliveries);

        fixture.Cluster.RemoveNode("node-0");
        fixture.Cluster.Cordon("node-1");
        fixture.Faults.StorageFrozen = false;
        await fixture.AgreesAsync();
        Assert.Equal(PatchOutcome.Applied, (await fixture.LabelAsync("node-1", "a", "b")).Outcome);
        await fixture.AgreesAsync();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Behaviour_19_revoked_rights_show_at_the_next_request_only(bool streams)
    {
        await using WireFixture fixture = await WireFixture.FollowAsync(options: WireFixture.Patient with { UsesWatchList = streams });
        fixture.Faults.RevokeRights("*");
        fixture.Cluster.Cordon("node-0");
        await fixture.AgreesAsync();
        Assert.Null(fixture.State.LastError);
        Assert.Equal(PatchOutcome.Forbidden, (await fixture.LabelAsync("node-0", "a", "b")).Outcome);

        fixture.DropWatches();
        await fixture.HoldsAsync(() => fixture.State.LastFailure == KubernetesFailure.Forbidden, "the new watch is refused");
        Assert.Contains("ClusterRole", fixture.State.LastError, StringComparison.Ordinal);
        fixture.Cluster.RemoveNode("node-2");
        Assert.Equal(3, fixture.Sink.Nodes.Count);
        fixture.Faults.RestoreRights();
        await fixture.AgreesAsync();
        await fixture.HoldsAsync(() => fixture.State.ConsecutiveFailures == 0, "all is well again");
    }
}
