using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
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
        AgentOptions options = OptionsOf(listener) with
        {
            ReconnectPauseFirst = TimeSpan.FromSeconds(1),
            ReconnectPauseMax = TimeSpan.FromMinutes(1),
        };
        (long[] pausesMs, string error) = await FailAsync(options, times: 4, answers: false);
        Assert.Contains("did not answer within", error, StringComparison.Ordinal);
        Assert.InRange(pausesMs[0], 500, 1000);
        Assert.InRange(pausesMs[3], 4000, 8000);
    }

    [Fact]
    public async Task However_often_a_gateway_fails_the_pause_stays_a_few_seconds()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using CancellationTokenSource stop = new();
        Task answering = AnswerAsync(listener, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n", stop.Token);
        (long[] pausesMs, string error) = await FailAsync(OptionsOf(listener), times: 12);
        Assert.Contains("503", error, StringComparison.Ordinal);
        Assert.All(pausesMs, pauseMs => Assert.InRange(pauseMs, 1000, 6100));
        Assert.True(pausesMs[^4..].Distinct().Count() > 1, "all agents would come back at once");
        await stop.CancelAsync();
        await answering;
    }

    [Fact]
    public async Task A_token_that_is_refused_is_shown_less_often()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using CancellationTokenSource stop = new();
        Task answering = AnswerAsync(listener, "HTTP/1.1 401 Unauthorized\r\n", stop.Token);
        (long[] pausesMs, string error) = await FailAsync(OptionsOf(listener), times: 10);
        Assert.Contains("401", error, StringComparison.Ordinal);
        Assert.InRange(pausesMs[^1], 15_000, 30_000);
        await stop.CancelAsync();
        await answering;
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

    private static AgentOptions OptionsOf(TcpListener listener) =>
        new() { Host = new Uri($"http://{listener.LocalEndpoint}"), Namespace = "workflows" };

    /// <summary>Answers every request with this head and no body, until it is cancelled.</summary>
    private static async Task AnswerAsync(TcpListener listener, string head, CancellationToken cancellation)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(cancellation);
                NetworkStream stream = client.GetStream();
                await stream.ReadAtLeastAsync(new byte[4096], minimumBytes: 1, throwOnEndOfStream: false, cancellation);
                await stream.WriteAsync(Encoding.ASCII.GetBytes($"{head}Content-Length: 0\r\nConnection: close\r\n\r\n"), cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }

    /// <summary>Has an agent fail so many times, and tells how long it paused each time and what it said last.</summary>
    private static async Task<(long[] PausesMs, string Error)> FailAsync(AgentOptions options, int times, bool answers = true)
    {
        ManualTimeProvider time = new();
        PauseLog log = new();
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
                if (!answers || IsPausing(time, log))
                {
                    time.Advance(answers ? time.NextDueIn!.Value : TimeSpan.FromSeconds(1));
                }

                return log.PausesMs.Count >= times;
            },
            $"{times} attempts have failed",
            () => log.PausesMs.Count);
        string error = channel.LastError!;
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        return ([.. log.PausesMs.Take(times)], error);
    }

    /// <summary>Whether the next that is due is the end of the last pause, and not of the patience with an answer.</summary>
    private static bool IsPausing(ManualTimeProvider time, PauseLog log) =>
        log.PausesMs.LastOrDefault(-1) is >= 0 and var pauseMs
        && time.NextDueIn is { } due
        && Math.Abs(due.TotalMilliseconds - pauseMs) < 1;

    private sealed class NoPatches : ILabelPort
    {
        public Task<PatchResult> PatchAsync(string node, string uid, string value, CancellationToken cancellation) =>
            throw new NotSupportedException();

        public Task<string?> FindWriterAsync(string node, CancellationToken cancellation) => throw new NotSupportedException();
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
