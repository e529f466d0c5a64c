using System.Collections.Concurrent;
using System.Text;
using Google.Protobuf;
using Osmo.Gateway.Agents;
using Osmo.Protocol.Agent.V1;

namespace Osmo.Unit.Tests.Gateway;

/// <summary>What an agent is sent, in words, and how its connection ends.</summary>
internal sealed class AgentFrames(bool areText = false) : IAgentFrameSink
{
    public ConcurrentQueue<string> Said { get; } = [];

    public uint LastRestart { get; private set; }

    public Refusal? LastRefusal { get; private set; }

    public ValueTask SendAsync(ReadOnlyMemory<byte> frame, CancellationToken cancellationToken)
    {
        if (areText)
        {
            Said.Enqueue(Encoding.UTF8.GetString(frame.Span));
            return ValueTask.CompletedTask;
        }

        foreach (var message in SiloFrame.Parser.ParseFrom(frame.Span).Messages)
        {
            LastRestart = message.Restart?.Number ?? LastRestart;
            LastRefusal = message.KindCase == SiloMessage.KindOneofCase.Refusal ? message.Refusal : LastRefusal;
            Said.Enqueue(message.KindCase switch
            {
                SiloMessage.KindOneofCase.Ack => $"ack {message.Ack.Sequence}",
                SiloMessage.KindOneofCase.Refusal => $"refusal {message.Refusal.Code}",
                SiloMessage.KindOneofCase.LabelUpdates => $"labels {string.Join(' ', message.LabelUpdates.Updates.Select(u => u.Node))}",
                _ => message.KindCase.ToString().ToLowerInvariant(),
            });
        }

        return ValueTask.CompletedTask;
    }

    public void Complete(string reason) => Said.Enqueue("complete");

    public void Move(string reason) => Said.Enqueue("move");

    /// <summary>A frame with some messages.</summary>
    public static byte[] Frame(params AgentMessage[] messages)
    {
        var frame = new AgentFrame();
        frame.Messages.AddRange(messages);
        return frame.ToByteArray();
    }

    /// <summary>The agent introduces itself.</summary>
    public static AgentMessage Hello(uint restart = 0) => new()
    {
        Hello = new Hello { ProtocolVersion = 1, Backend = "isaac", ClusterUid = "c", AgentInstance = "i", Restart = restart },
    };

    /// <summary>A batch without nodes.</summary>
    public static AgentMessage Batch(ulong sequence) => new() { Nodes = new NodeBatch { Sequence = sequence } };
}
