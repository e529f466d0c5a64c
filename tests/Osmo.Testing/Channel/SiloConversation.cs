using System.Collections.Concurrent;
using System.Net.WebSockets;
using Osmo.Protocol;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Testing.Channel;

/// <summary>One agent connection as the scripted silo lived it.</summary>
public sealed class SiloConversation(ScriptedSilo silo, FrameConnection frames, string backend, string? authorization)
{
    private readonly ConcurrentQueue<NodeBatch> _batches = new();
    private readonly ConcurrentQueue<LabelResult> _results = new();
    private int _heartbeats;
    private int _unacknowledgedMost;
    private long _acknowledged;

    public string Backend => backend;

    /// <summary>The Authorization header.</summary>
    public string? Authorization => authorization;

    public Hello? Hello { get; private set; }

    public ReportedFleet Fleet { get; } = new();

    public IReadOnlyList<NodeBatch> Batches => [.. _batches];

    public IReadOnlyList<LabelResult> Results => [.. _results];

    public int Heartbeats => Volatile.Read(ref _heartbeats);

    /// <summary>The most batches that were ever unacknowledged.</summary>
    public int UnacknowledgedMost => Volatile.Read(ref _unacknowledgedMost);

    public bool HasEnded { get; private set; }

    public IEnumerable<LabelResult> ResultsOf(string node) => Results.Where(result => result.Node == node);

    /// <summary>Acknowledges every batch so far.</summary>
    public Task AcknowledgeAllAsync() => AcknowledgeAsync((ulong)_batches.Count);

    public Task AcknowledgeAsync(ulong sequence)
    {
        Volatile.Write(ref _acknowledged, (long)sequence);
        return SendAsync(new SiloMessage { Ack = new Ack { Sequence = sequence } });
    }

    /// <summary>Asks for a node's label, by the uid that was reported unless another is given.</summary>
    public Task WantLabelAsync(string node, bool available, string? uid = null)
    {
        LabelUpdate update = new() { Node = node, Uid = uid ?? Fleet.Find(node)!.Uid, Available = available };
        return SendAsync(new SiloMessage { LabelUpdates = new LabelUpdates { Updates = { update } } });
    }

    public Task SetPolicyAsync(bool isEnabled) => SendAsync(new SiloMessage { LabelPolicy = new LabelPolicy { Enabled = isEnabled } });

    public Task SendAsync(params SiloMessage[] messages)
    {
        SiloFrame frame = new();
        frame.Messages.AddRange(messages);
        return frames.SendAsync(frame, CancellationToken.None).AsTask();
    }

    /// <summary>Breaks the connection.</summary>
    public void Abort() => frames.Abort();

    internal async Task RunAsync(CancellationToken stop)
    {
        try
        {
            while (await frames.ReceiveAsync(stop) is { } bytes)
            {
                foreach (AgentMessage message in AgentFrame.Parser.ParseFrom(bytes.Span).Messages)
                {
                    await HandleAsync(message);
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // However it ended, it ended.
        }
        finally
        {
            HasEnded = true;
            frames.Abort();
        }
    }

    private async Task HandleAsync(AgentMessage message)
    {
        switch (message.KindCase)
        {
            case AgentMessage.KindOneofCase.Hello:
                Hello = message.Hello;
                await SendAsync(silo.Answer(message.Hello));
                break;
            case AgentMessage.KindOneofCase.Nodes:
                Fleet.Apply(message.Nodes);
                _batches.Enqueue(message.Nodes);
                _unacknowledgedMost = Math.Max(_unacknowledgedMost, _batches.Count - (int)Volatile.Read(ref _acknowledged));
                if (silo.AcknowledgesAtOnce)
                {
                    await AcknowledgeAsync(message.Nodes.Sequence);
                }

                break;
            case AgentMessage.KindOneofCase.LabelResults:
                foreach (LabelResult result in message.LabelResults.Results)
                {
                    Fleet.Apply(result);
                    _results.Enqueue(result);
                }

                break;
            default:
                Interlocked.Increment(ref _heartbeats);
                break;
        }
    }
}
