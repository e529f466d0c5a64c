using System.Threading.Channels;
using Osmo.Agent;
using Osmo.Domain.Backends;
using Osmo.Domain.Nodes;
using Osmo.Grains.Events;
using Osmo.Server.Display;
using Osmo.Testing;
using Xunit;

namespace Osmo.Unit.Tests.Server;

/// <summary>What reaches the terminal of a demo or a watch.</summary>
public sealed class DisplayTests
{
    private static readonly BackendName East = BackendName.Parse("east");
    private static readonly BackendName West = BackendName.Parse("west");

    [Theory]
    [InlineData("plain – text", "plain – text")]
    [InlineData("a\u001b[31m\nb\r", "a?[31m?b?")]
    [InlineData("\u009b1m \u202e \u2028", "?1m ? ?")]
    public void Control_characters_do_not_reach_the_terminal(string error, string shown)
    {
        Assert.Equal(shown, TerminalText.Line(error));
        Assert.Equal(shown, new FleetRow("east", null, new AgentState { LastClusterError = error }).AgentText);
        Assert.Equal($"east: {shown}", new FleetRow("east", null, new AgentState { IsSynced = true, LastChannelError = error }).Summary);
    }

    [Theory]
    [InlineData("/data/admin.token", "/data/admin.token")]
    [InlineData("my token", "'my token'")]
    [InlineData("o'clock", @"'o'\''clock'")]
    [InlineData("$(reboot)", "'$(reboot)'")]
    public void A_path_is_one_word_of_a_shell(string path, string word) => Assert.Equal(word, ShellText.Quote(path));

    [Fact]
    public async Task Deleted_nodes_are_forgotten()
    {
        using CancellationTokenSource stop = new();
        ScriptedWatch watch = new();
        VerdictTicker ticker = new(calls: null!, watch);
        Task running = ticker.RunAsync(stop.Token);
        foreach (BackendName backend in (BackendName[])[East, West])
        {
            watch.Happens(FleetEventKind.NodeChanged, backend, "a");
            watch.Happens(FleetEventKind.NodeChanged, backend, "b");
        }

        await KnowsAsync(ticker, 4);
        watch.Happens(FleetEventKind.NodeDeleted, East, "a");
        await KnowsAsync(ticker, 3);
        watch.Happens(FleetEventKind.BackendDeleted, West, null);
        await KnowsAsync(ticker, 1);
        watch.LosesEvents();
        await KnowsAsync(ticker, 0);
        await stop.CancelAsync();
        await running;
    }

    private static Task KnowsAsync(VerdictTicker ticker, int nodes) =>
        Eventually.HoldsAsync(() => ticker.Known == nodes, $"{nodes} nodes are known", () => ticker.Known);

    private sealed class ScriptedWatch : IFleetWatch
    {
        private readonly Channel<FleetWatchItem> _items = Channel.CreateUnbounded<FleetWatchItem>();

        public void Happens(FleetEventKind kind, BackendName backend, string? node) =>
            _items.Writer.TryWrite(new FleetWatchItem("", new FleetEvent(kind, backend, node is null ? null : Snapshot(node), null)));

        public void LosesEvents() => _items.Writer.TryWrite(new FleetWatchItem("", null));

        public IAsyncEnumerable<FleetWatchItem> FollowAsync(string? after, CancellationToken cancellationToken) =>
            _items.Reader.ReadAllAsync(cancellationToken);

        // Of a node, the display looks at the name and the verdict alone.
        private static NodeSnapshot Snapshot(string name) => new(name, "", false, null!, null!, true, default, null);
    }
}
