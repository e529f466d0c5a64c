using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Osmo.Testing.Serving;

namespace Osmo.Testing.Listener;

/// <summary>How a socket of a Python agent ended.</summary>
/// <param name="Channel">The socket's name.</param>
/// <param name="Code">Of the server's close frame; null where none came.</param>
/// <param name="Reason">In it.</param>
public sealed record PythonClose(string Channel, int? Code, string? Reason);

/// <summary>
/// The Python agent of either generation, as far as it is seen from outside: log-in, start-up calls, five sockets, messages about a
/// simulated cluster, acknowledgements, reconnects, and its strictness about what it is sent.
/// </summary>
public sealed class PythonAgent : IAsyncDisposable
{
    private const int FrameBytesMax = 1024 * 1024;
    private static readonly string[] ChannelNames = ["control", "pod", "node", "event", "heartbeat"];
    private static readonly string[] ListKeys = ["available_conditions", "ignore_conditions"];
    private static readonly string[] RuleKeys = ["rules"];

    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, PythonNode> _nodes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _told = [];
    private readonly ConcurrentQueue<string> _violations = new();
    private readonly ConcurrentQueue<PythonClose> _closes = new();
    private readonly ConcurrentQueue<string> _pushes = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, PythonChannel> _channels;
    private Task _running = Task.CompletedTask;

    private PythonAgent(PythonAgentOptions options)
    {
        Options = options;
        Login = new PythonLogin(options);
        Conditions = PythonConditions.Default(options.KnowsRules);
        _channels = ChannelNames.ToDictionary(name => name, name => new PythonChannel(this, name));
    }

    public PythonAgentOptions Options { get; }

    public string Backend => Options.Backend;

    /// <summary>By which it judges.</summary>
    public PythonConditions Conditions { get; private set; }

    /// <summary>Bodies of the control channel's pushes so far.</summary>
    public IReadOnlyList<string> Pushes => [.. _pushes];

    /// <summary>What the server sent that it must not send.</summary>
    public IReadOnlyList<string> Violations => [.. _violations];

    /// <summary>Ends of sockets so far.</summary>
    public IReadOnlyList<PythonClose> Closes => [.. _closes];

    /// <summary>Why the process would have ended; null where it goes on.</summary>
    public string? Died { get; private set; }

    /// <summary>Log-ins so far.</summary>
    public int Logins => Login.Exchanges;

    /// <summary>Status of the read of its own configuration at the start; 0 where there was no answer.</summary>
    public int ConfigStatus => Login.ConfigStatus;

    public IReadOnlyCollection<PythonChannel> Channels => _channels.Values;

    /// <summary>The nodes of its cluster.</summary>
    public IReadOnlyList<PythonNode> Nodes
    {
        get
        {
            lock (_gate)
            {
                return [.. _nodes.Values];
            }
        }
    }

    internal PythonLogin Login { get; }

    public PythonChannel this[string channel] => _channels[channel];

    /// <summary>Starts an agent of a cluster: its calls are made when this returns, its sockets are about to open.</summary>
    public static async Task<PythonAgent> StartAsync(PythonAgentOptions options, params IEnumerable<PythonNode> nodes)
    {
        var agent = new PythonAgent(options);
        try
        {
            agent.Conditions = await agent.Login.ConditionsAsync(agent._stop.Token);
        }
        catch (HttpRequestException)
        {
            // It goes on with the defaults.
        }
        catch (PythonExitException exit)
        {
            agent.Die(exit.Message);
            return agent;
        }

        agent.Begin(nodes);
        return agent;
    }

    /// <summary>Starts an agent and waits until everything that it knows is acknowledged.</summary>
    public static async Task<PythonAgent> JoinAsync(PythonAgentOptions options, params IEnumerable<PythonNode> nodes)
    {
        var agent = await StartAsync(options, nodes);
        await agent.SettlesAsync();
        return agent;
    }

    /// <summary>A node changes, or is new.</summary>
    public void Set(PythonNode node)
    {
        lock (_gate)
        {
            _nodes[node.Name] = node;
            Log(10, $"Got node event for node {node.Name}, resource version 1000");
            Tell(node);
        }
    }

    /// <summary>A node's conditions change.</summary>
    public void Set(string node, string type, string status)
    {
        lock (_gate)
        {
            Set(_nodes[node].With(type, status));
        }
    }

    /// <summary>A node goes away.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="told">Whether the agent sees it; otherwise only the next refresh tells.</param>
    public void Delete(string name, bool told = true)
    {
        lock (_gate)
        {
            _nodes.Remove(name);
            if (told)
            {
                this["node"].Post("delete_resource", new JsonObject { ["resource"] = name });
            }
        }
    }

    /// <summary>The pods of a node change what it is used for.</summary>
    public void Use(string name, int gpus, int otherGpus)
    {
        lock (_gate)
        {
            var node = _nodes[name] with { Used = (gpus, otherGpus) };
            _nodes[name] = node;
            this["node"].Post("resource_usage", node.UsageBody());
        }
    }

    /// <summary>Lists everything again: usage of every node, and the names of those that exist.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            foreach (var node in _nodes.Values)
            {
                Tell(node);
                this["node"].Post("resource_usage", node.UsageBody());
            }

            var names = _nodes.Keys.Select(name => (JsonNode)name).ToArray();
            this["node"].Post("node_hash", new JsonObject { ["node_hashes"] = new JsonArray(names) });
        }
    }

    public void Heartbeat(string time = "2026-11-21T18:33:21.292608") =>
        this["heartbeat"].Post("heartbeat", new JsonObject { ["time"] = time });

    /// <summary>A line of its log, which travels on the event channel.</summary>
    public void Log(int level, string text) => this["event"].Post("logging", ListenerFrames.LoggingBody(text, level));

    /// <summary>Cuts every connection; they come back by themselves.</summary>
    public void Cut()
    {
        foreach (var channel in _channels.Values)
        {
            channel.Cut();
        }
    }

    /// <summary>Waits until all sockets are open, the control channel has spoken, and every message is acknowledged.</summary>
    public Task SettlesAsync() => Eventually.HoldsAsync(
        () => Died is not null || (Channels.All(channel => channel is { IsConnected: true, IsSettled: true }) && !_pushes.IsEmpty),
        $"everything of {Backend} is acknowledged",
        () => this);

    /// <summary>Waits until what the server knows of the nodes is what the agent thinks.</summary>
    public Task AgreesAsync(IFleetApi server) =>
        Eventually.AgreesAsync(() => PythonTruth.DifferenceAsync(this, server), $"{Backend} agrees");

    public override string ToString() =>
        $"{string.Join("; ", Channels)}; {_pushes.Count} pushes; died: {Died ?? "no"}; violations: {string.Join(", ", _violations)}; "
        + $"closes: {string.Join(", ", _closes.TakeLast(10))}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    /// <summary>Takes in a frame.</summary>
    /// <returns>The uuid that it acknowledges; null for another message.</returns>
    internal string? Receive(PythonChannel channel, string text)
    {
        if (Encoding.UTF8.GetByteCount(text) > FrameBytesMax)
        {
            Violate(channel, $"a frame of {text.Length} characters, which closes the connection");
        }

        JsonObject? frame;
        try
        {
            frame = JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            Die($"{channel.Name}: no JSON: {text}");
            return null;
        }

        if (frame is null || frame.Any(field => field.Key is not ("type" or "body" or "uuid")) || frame["body"] is not JsonObject body)
        {
            Violate(channel, $"unknown keys or no body: {text}");
            return null;
        }

        switch ((string?)frame["type"])
        {
            case "ack" when channel.Name != "control" && HasJust(body, ["uuid"]):
                return (string?)body["uuid"];
            case "node_conditions" when channel.Name == "control" && HasJust(body, Options.KnowsRules ? RuleKeys : ListKeys):
                Apply(channel, body);
                return null;
            default:
                Violate(channel, $"not expected: {text}");
                return null;
        }
    }

    internal void Violate(PythonChannel channel, string what) => _violations.Enqueue($"{channel.Name}: {what}");

    internal void Closed(PythonChannel channel, int? code, string? reason) => _closes.Enqueue(new PythonClose(channel.Name, code, reason));

    internal void Die(string reason)
    {
        Died ??= reason;
        _ = _stop.CancelAsync();
    }

    private static bool HasJust(JsonObject body, string[] keys) =>
        body.Count == keys.Length && keys.All(body.ContainsKey);

    private void Begin(IEnumerable<PythonNode> nodes)
    {
        foreach (var node in nodes)
        {
            _nodes.Add(node.Name, node);
        }

        lock (_gate)
        {
            Refresh();
        }

        var stop = _stop.Token;
        _running = Task.WhenAll(
            [.. _channels.Values.Select(channel => Task.Run(() => channel.RunAsync(stop))), Task.Run(() => HeartbeatAsync(stop))]);
    }

    private async Task HeartbeatAsync(CancellationToken cancel)
    {
        using var period = new PeriodicTimer(Options.HeartbeatPeriod);
        try
        {
            do
            {
                Heartbeat();
            }
            while (await period.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            // It ends.
        }
    }

    private void Apply(PythonChannel channel, JsonObject body)
    {
        _pushes.Enqueue(body.ToJsonString());
        lock (_gate)
        {
            try
            {
                Conditions = PythonConditions.Read(body, Options.KnowsRules);
            }
            catch (InvalidDataException failure)
            {
                Violate(channel, failure.Message);
                return;
            }

            foreach (var node in _nodes.Values)
            {
                Tell(node);
            }

            Log(20, $"Updated resource database with node conditions - {Conditions.Text}");
        }
    }

    /// <summary>Sends a node that is not what was sent last.</summary>
    private void Tell(PythonNode node)
    {
        var body = node.ResourceBody(Conditions.Available(node));
        var text = body.ToJsonString();
        if (_told.GetValueOrDefault(node.Name) != text)
        {
            _told[node.Name] = text;
            Log(10, $"Send node {node.Name} to be updated in the database");
            this["node"].Post("resource", body);
        }
    }
}
