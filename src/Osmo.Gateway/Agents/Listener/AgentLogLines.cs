using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Osmo.Gateway.Agents.Listener;

/// <summary>
/// Takes over what an OSMO agent logs. It says a line or two for each event of each node, so what it says below a warning is worth a look
/// only when one looks for something, and a flood must not drown the log: past <see cref="LinesPerMinuteMax"/> lines are counted.
/// </summary>
internal sealed class AgentLogLines(string backend, TimeProvider time, ILogger logger)
{
    private const int LinesPerMinuteMax = 100;
    private const int TextCharsMax = 500;
    private const int Warning = 30;
    private const int Error = 40;

    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    private DateTimeOffset _windowEnd;
    private int _lines;

    /// <summary>Takes a message <c>logging</c>.</summary>
    public void Take(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object
            || !body.TryGetProperty("text"u8, out var text) || text.ValueKind != JsonValueKind.String
            || !body.TryGetProperty("type"u8, out var type) || !type.TryGetInt32(out var severity))
        {
            return;
        }

        var level = severity >= Error ? LogLevel.Error : severity >= Warning ? LogLevel.Warning : LogLevel.Debug;
        if (logger.IsEnabled(level) && HasRoom())
        {
            ListenerLog.AgentSays(logger, level, backend, Printable(text.GetString()!));
        }
    }

    /// <summary>Whether another line may be logged.</summary>
    public bool HasRoom()
    {
        var now = time.GetUtcNow();
        if (now >= _windowEnd)
        {
            if (_lines > LinesPerMinuteMax)
            {
                ListenerLog.LinesDropped(logger, backend, _lines - LinesPerMinuteMax);
            }

            _windowEnd = now + Window;
            _lines = 0;
        }

        return ++_lines <= LinesPerMinuteMax;
    }

    /// <summary>One line, whatever the agent puts into it.</summary>
    public static string Printable(string text) => string.Create(Math.Min(text.Length, TextCharsMax), text, static (line, text) =>
    {
        for (var i = 0; i < line.Length; i++)
        {
            line[i] = char.IsControl(text[i]) ? ' ' : text[i];
        }
    });
}
