using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Osmo.Agent;
using Osmo.Kubernetes;
using Osmo.Protocol.Agent.V1;
using Osmo.Testing;
using Xunit;

namespace Osmo.Fault.Tests.Agent;

/// <summary>How long an agent leaves a gateway alone that does not work.</summary>
public sealed class ReconnectTests
{
    [Fact]
    public async Task Pauses_grow_when_attempts_time_out()
    {
        // The kernel accepts connections for it, and nobody ever answers.
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        ManualTimeProvider time = new();
        PauseLog log = new();
        AgentOptions options = new()
        {
            Host = new Uri($"http://{listener.LocalEndpoint}"),
            Namespace = "workflows",
            ReconnectPauseFirst = TimeSpan.FromSeconds(1),
            ReconnectPauseMax = TimeSpan.FromMinutes(1),
        };
        AsyncSignal changed = new();
        NodeStore store = new(changed);
        LabelReports reports = new(store, changed);
        using AgentMetrics metrics = new("east");
        using LabelApplier labels = new(new NoPatches(), "label", store, reports, new TokenBucket(1, 1, time), metrics, time, log);
        ReportSources sources = new(store, new BatchBuilder("label"), labels, reports, changed);
        GatewayChannel channel = new(options, sources, metrics, time, log);
        using CancellationTokenSource stop = new();
        Task running = channel.RunAsync(new Hello(), stop.Token);

        await Eventually.HoldsAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return log.PausesMs.Count >= 4;
            },
            "four attempts have failed",
            () => log.PausesMs.Count);
        Assert.Contains("did not answer within", channel.LastError, StringComparison.Ordinal);
        Assert.InRange(log.PausesMs.First(), 500, 1000);
        Assert.InRange(log.PausesMs.ElementAt(3), 4000, 8000);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
    }

    [Theory]
    [InlineData("7", 7)]
    [InlineData(" 7 ", 7)]
    [InlineData("301", 300)]
    [InlineData("3600", 300)]
    [InlineData("99999999999999999999", 300)]
    [InlineData("-5", 0)]
    [InlineData("soon", 0)]
    [InlineData("", 0)]
    [InlineData(null, 0)]
    public void A_long_pause_that_is_asked_for_is_kept_to_five_minutes(string? header, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), WebSocketOpener.RetryAfter(header));

    private sealed class NoPatches : ILabelPort
    {
        public Task<PatchResult> PatchAsync(string node, string uid, string value, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }

    /// <summary>Remembers the pauses that are logged.</summary>
    private sealed class PauseLog : ILogger
    {
        public ConcurrentQueue<long> PausesMs { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (state is IEnumerable<KeyValuePair<string, object?>> fields
                && fields.FirstOrDefault(field => field.Key == "pauseMs").Value is long pauseMs)
            {
                PausesMs.Enqueue(pauseMs);
            }
        }
    }
}
