using Microsoft.Extensions.Logging;

namespace Osmo.Agent;

/// <summary>
/// A logger that tells the service of warnings and errors as well, as a listener does: a few a minute, and none while too many wait.
/// </summary>
internal sealed class ServiceLog(ILogger inner, ListenerOutbox outbox, TimeProvider time) : ILogger
{
    /// <summary>Most lines that the service is told in a minute.</summary>
    public const int LinesPerMinuteMax = 30;

    private const int LineCharsMax = 1_000;
    private const int WarningLevel = 30;
    private const int ErrorLevel = 40;

    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly Lock _lock = new();
    private long _minuteBegan = time.GetTimestamp();
    private int _lines;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel) || logLevel >= LogLevel.Warning;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        inner.Log(logLevel, eventId, state, exception, formatter);
        if (logLevel is >= LogLevel.Warning and < LogLevel.None && outbox.Room > 0 && IsInTime())
        {
            string line = formatter(state, exception);
            outbox.Add(
                "logging",
                ListenerMessages.Logging(
                    logLevel == LogLevel.Warning ? WarningLevel : ErrorLevel,
                    line.Length <= LineCharsMax ? line : string.Concat(line.AsSpan(0, LineCharsMax - 1), "…")));
        }
    }

    private bool IsInTime()
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_minuteBegan) >= Minute)
            {
                _minuteBegan = time.GetTimestamp();
                _lines = 0;
            }

            return ++_lines <= LinesPerMinuteMax;
        }
    }
}
