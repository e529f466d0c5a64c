using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Osmo.Access.Recognition;
using Osmo.Access.Tokens;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access;

/// <summary>What access control does beside requests: keeps up with the store, cuts connections, writes down what was used.</summary>
internal sealed class AccessService(
    AccessWatch watch,
    OpenConnections connections,
    LastUses uses,
    AuditQueue audit,
    AuditRetention retention,
    IAccessStore store,
    TimeProvider time,
    ILogger<AccessService> logger) : BackgroundService
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WriteInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromSeconds(30);

    private long? _complainedAt;

    /// <summary>Whoever comes in first shall be recognized; where the store cannot be used yet, the server says so to callers.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            await watch.RefreshAsync(cancellationToken);
        }
        catch (OsmoException failure)
        {
            Complain(failure);
        }

        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await WriteUsesAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        watch.Changed += connections.Check;
        try
        {
            await Task.WhenAll(
                watch.RunAsync(Complain, stoppingToken),
                audit.RunAsync(stoppingToken),
                retention.RunAsync(stoppingToken),
                KeepUpAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // As it should end.
        }
        finally
        {
            watch.Changed -= connections.Check;
        }
    }

    /// <summary>Now and then: it is tried every second.</summary>
    private void Complain(Exception failure)
    {
        if (_complainedAt is not { } at || time.GetElapsedTime(at) >= ComplaintInterval)
        {
            _complainedAt = time.GetTimestamp();
            GatewayLog.AccessUnknown(logger, failure.Message);
        }
    }

    /// <summary>Tokens end by themselves: that is no change that somebody would tell of.</summary>
    private async Task KeepUpAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(CheckInterval, time);
        var written = time.GetTimestamp();
        while (await timer.WaitForNextTickAsync(stopping))
        {
            connections.Check();
            if (time.GetElapsedTime(written) >= WriteInterval)
            {
                await WriteUsesAsync(stopping);
                written = time.GetTimestamp();
            }
        }
    }

    private async Task WriteUsesAsync(CancellationToken cancellationToken)
    {
        var taken = uses.Take();
        try
        {
            if (taken.Count > 0)
            {
                await store.SetLastUseAsync(taken, cancellationToken);
            }
        }
        catch (Exception failure) when (failure is OsmoException or OperationCanceledException)
        {
            GatewayLog.UsesUnwritten(logger, taken.Count, failure.Message);
        }
    }
}
