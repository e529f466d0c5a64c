using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Osmo.Testing;
using Osmo.Testing.Channel;
using Osmo.Testing.Serving;
using Xunit;

namespace Osmo.Fault.Tests.Crash;

/// <summary>The server is killed while it is written to, again and again: what it had acknowledged is there afterwards.</summary>
public sealed class KilledServerTests(ITestOutputHelper output)
{
    private const int Rounds = 5;
    private const int Writers = 4;
    private const int AcknowledgedPerRoundMax = 60;

    [Fact]
    public async Task What_was_acknowledged_is_there_after_the_kill()
    {
        var seed = Environment.GetEnvironmentVariable("OSMO_TEST_SEED") is { } given
            ? int.Parse(given, CultureInfo.InvariantCulture)
            : Random.Shared.Next();
        output.WriteLine($"OSMO_TEST_SEED={seed}");
        var random = new Random(seed);
        using var folder = new ScratchFolder();
        var configs = new ConfigurationJournal();
        var nodes = new NodeJournal();
        for (var round = 0; round < Rounds; round++)
        {
            await using var server = await ServerProcess.StartAsync(folder.Path);
            using var http = new HttpClient { BaseAddress = server.Url };
            if (round > 0)
            {
                await configs.CheckAsync(http);
                await nodes.CheckAsync(http);
            }

            await using var agent = await ScriptedAgent.JoinAsync(server.Url, ConfigurationJournal.Backend);
            var killAfter = random.Next(1, AcknowledgedPerRoundMax);
            using var dead = new CancellationTokenSource();
            var writing = Enumerable.Range(0, Writers)
                .Select(writer => configs.WriteAsync(http, round, writer, dead.Token))
                .Append(nodes.ReportAsync(agent, new Random(seed + round), dead.Token))
                .ToArray();
            var before = configs.Acknowledged;
            await Eventually.HoldsAsync(
                () => configs.Acknowledged - before >= killAfter && nodes.AcknowledgedInRound > 0,
                $"round {round} has {killAfter} writes acknowledged",
                () => server.ErrorText);
            await server.KillAsync();
            await dead.CancelAsync();
            await Task.WhenAll(writing);
        }

        await using var last = await ServerProcess.StartAsync(folder.Path);
        using var reader = new HttpClient { BaseAddress = last.Url };
        await configs.CheckAsync(reader);
        await nodes.CheckAsync(reader);
        output.WriteLine($"{configs.Acknowledged} configurations and {nodes.Acknowledged} batches were acknowledged");
    }

    /// <summary>Every configuration that was sent, and which of them were acknowledged.</summary>
    private sealed class ConfigurationJournal
    {
        public const string Backend = "east";

        private readonly Lock _gate = new();
        private readonly Dictionary<string, List<string>> _acknowledged = [];
        private readonly Dictionary<string, string> _inDoubt = [];
        private long _count;

        public long Acknowledged => Interlocked.Read(ref _count);

        /// <summary>Writes one configuration after the other until the server is gone.</summary>
        public async Task WriteAsync(HttpClient http, int round, int writer, CancellationToken dead)
        {
            var name = $"{round}/{writer}";
            var acknowledged = new List<string>();
            lock (_gate)
            {
                _acknowledged[name] = acknowledged;
            }

            for (var i = 0; !dead.IsCancellationRequested; i++)
            {
                var text = $"{name}/{i}";
                lock (_gate)
                {
                    _inDoubt[name] = text;
                }

                try
                {
                    var body = new JsonObject { ["description"] = text, ["configs"] = new JsonObject { ["description"] = text } };
                    using var answer = await http.PostAsJsonAsync($"/api/configs/backend/{Backend}", body, dead);
                    answer.EnsureSuccessStatusCode();
                }
                catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
                {
                    return;
                }

                lock (_gate)
                {
                    acknowledged.Add(text);
                    _inDoubt.Remove(name);
                }

                Interlocked.Increment(ref _count);
            }
        }

        /// <summary>Acknowledged writes are in the history once, each writer's in its order, and the newest of all is in force.</summary>
        public async Task CheckAsync(HttpClient http)
        {
            var history = await HistoryAsync(http);
            var revisions = history.Select(entry => entry.Revision).ToArray();
            Assert.Equal(Enumerable.Range(1, revisions.Length).Select(revision => (long)revision), revisions);
            var written = history.Select(entry => entry.Description).ToList();
            foreach (var (name, acknowledged) in _acknowledged)
            {
                var own = written.Where(text => text.StartsWith(name + "/", StringComparison.Ordinal)).ToList();
                if (_inDoubt.GetValueOrDefault(name) is { } doubtful && own.LastOrDefault() == doubtful && !acknowledged.Contains(doubtful))
                {
                    own.RemoveAt(own.Count - 1);
                }

                Assert.Equal(acknowledged, own);
            }

            var inForce = (await http.GetFromJsonAsync<JsonNode>($"/api/configs/backend/{Backend}"))!;
            Assert.Equal(written[^1], (string?)inForce["description"]);
        }

        /// <summary>Oldest first; the pages come newest first.</summary>
        private static async Task<List<(long Revision, string Description)>> HistoryAsync(HttpClient http)
        {
            const int Page = 1_000;
            var entries = new List<(long, string)>();
            for (var offset = 0; ; offset += Page)
            {
                var page = (await http.GetFromJsonAsync<JsonNode>(
                    "/api/configs/history?config_types=BACKEND&order=ASC&omit_data=True"
                    + $"&offset={offset}&limit={Page}"))!["configs"]!.AsArray();
                entries.InsertRange(0, page.Select(entry => ((long)entry!["revision"]!, (string)entry["description"]!)));
                if (page.Count < Page)
                {
                    return entries;
                }
            }
        }
    }

    /// <summary>What an agent reported, and how much of that was acknowledged.</summary>
    private sealed class NodeJournal
    {
        private const int NodesPerBatch = 5;
        private const int Names = 40;

        private readonly Dictionary<string, List<bool>> _possible = [];
        private readonly HashSet<string> _settled = [];
        private readonly Queue<(ulong Sequence, List<(string Name, bool Available)> Nodes)> _sent = new();

        public long Acknowledged { get; private set; }

        public long AcknowledgedInRound { get; private set; }

        /// <summary>Reports changes until the connection is gone. Several batches are on their way at a time.</summary>
        public async Task ReportAsync(ScriptedAgent agent, Random random, CancellationToken dead)
        {
            AcknowledgedInRound = 0;
            _sent.Clear();
            try
            {
                while (!agent.Ended && !dead.IsCancellationRequested)
                {
                    var batch = Enumerable.Range(0, NodesPerBatch).Select(_ => random.Next(Names)).Distinct()
                        .Select(number => (Name: $"node-{number}", Available: random.Next(2) == 0)).ToList();
                    foreach (var (name, available) in batch)
                    {
                        Possible(name).Add(available);
                    }

                    var nodes = batch.Select(node => node.Available ? ScriptedNode.Ready(node.Name) : ScriptedNode.NotReady(node.Name));
                    _sent.Enqueue((await agent.PostAsync(nodes), batch));
                    await Eventually.HoldsAsync(() => _sent.Count - AcknowledgedNow(agent) < 4 || agent.Ended, "the window opens");
                    Settle(agent);
                }
            }
            catch (Exception failure) when (failure is System.Net.WebSockets.WebSocketException or IOException or InvalidOperationException)
            {
                // Killed in the middle of a batch.
            }

            Settle(agent);
        }

        /// <summary>Every node is as last acknowledged, or as a later batch that was never acknowledged says.</summary>
        public async Task CheckAsync(HttpClient http)
        {
            var page = (await http.GetFromJsonAsync<JsonNode>($"/api/backends/{ConfigurationJournal.Backend}/nodes?limit=5000"))!;
            var known = page["nodes"]!.AsArray().ToDictionary(node => (string)node!["name"]!, node => (bool)node!["available"]!);
            Assert.All(_settled, name => Assert.Contains(name, known.Keys));
            foreach (var (name, available) in known)
            {
                Assert.Contains(available, _possible[name]);

                // What was in doubt is settled by what is there.
                _possible[name] = [available];
                _settled.Add(name);
            }
        }

        private int AcknowledgedNow(ScriptedAgent agent) => _sent.Count(batch => batch.Sequence <= agent.Acknowledged);

        private List<bool> Possible(string name) => _possible.TryGetValue(name, out var states) ? states : _possible[name] = [];

        private void Settle(ScriptedAgent agent)
        {
            while (_sent.TryPeek(out var batch) && batch.Sequence <= agent.Acknowledged)
            {
                foreach (var (name, _) in batch.Nodes)
                {
                    // Whatever came before the acknowledged report is no longer possible.
                    var later = _sent.Skip(1).SelectMany(next => next.Nodes).Count(node => node.Name == name);
                    Possible(name).RemoveRange(0, Possible(name).Count - 1 - later);
                    _settled.Add(name);
                }

                _sent.Dequeue();
                Acknowledged++;
                AcknowledgedInRound++;
            }
        }
    }
}
