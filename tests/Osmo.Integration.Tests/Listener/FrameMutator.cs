using System.Text;
using System.Text.Json.Nodes;
using Osmo.Testing.Listener;

namespace Osmo.Integration.Tests.Listener;

/// <summary>Makes frames that are almost right.</summary>
internal sealed class FrameMutator(Random random)
{
    private const int DepthMax = 200;

    private static readonly string[] Values =
    [
        "null", "true", "-1", "1e999", "99999999999999999999999999", "\"\"", "\"\\ud800\"", "\"\\u0000\"", "[]", "{}", "[null]", "[[[[]]]]",
        "{\"a\":{\"b\":{}}}", "\"node-1\"", "0.1", "\"\\udc00\\ud800\"",
    ];

    public ReadOnlyMemory<byte> Next()
    {
        var text = Valid();
        var times = random.Next(1, 4);
        for (var i = 0; i < times; i++)
        {
            text = random.Next(8) switch
            {
                0 => text[..random.Next(text.Length)],
                1 => Replaced(text),
                2 => text.Insert(random.Next(text.Length), Value()),
                3 => text.Remove(random.Next(text.Length), 1),
                4 => text + text,
                5 => text.Replace("{}", new string('[', DepthMax) + new string(']', DepthMax), StringComparison.Ordinal),
                6 => text.Replace("\"body\": {", $"\"extra\": {Value()}, \"body\": {{", StringComparison.Ordinal),
                _ => text,
            };
            text = text.Length == 0 ? "x" : text;
        }

        var bytes = Encoding.UTF8.GetBytes(text);
        if (random.Next(10) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
        }

        return bytes;
    }

    private string Valid() => random.Next(9) switch
    {
        0 => ListenerFrames.Heartbeat(),
        1 => ListenerFrames.Logging("text", 10 * random.Next(6)),
        2 => ListenerFrames.Delete("node-1"),
        3 => ListenerFrames.NodeHash("node-1", "node-2"),
        4 => ListenerFrames.Of("resource_usage", PythonNode.Ready("node-1").UsageBody()),
        5 => ListenerFrames.Init("uid-of-hostile"),
        6 => ListenerFrames.Of("update_pod", new JsonObject { ["workflow_uuid"] = "w", ["exit_code"] = null }),
        _ => ListenerFrames.Resource(
            PythonNode.Ready($"node-{random.Next(3)}") with { Unschedulable = random.Next(2) == 0 }, random.Next(2) == 0),
    };

    /// <summary>One of the values is another one.</summary>
    private string Replaced(string text)
    {
        var from = text.IndexOf(": ", random.Next(text.Length), StringComparison.Ordinal);
        if (from < 0)
        {
            return text;
        }

        var to = text.IndexOfAny([',', '}'], from);
        return to < 0 ? text : $"{text[..(from + 2)]}{Value()}{text[to..]}";
    }

    private string Value() => Values[random.Next(Values.Length)];
}
