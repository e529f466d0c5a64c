using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Osmo.Access.Auditing;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access;

/// <summary>Events on their way into the audit trail: many in one transaction, so that changes do not wait for a second one each.</summary>
internal sealed class AuditQueue(IAuditTrail trail, TimeProvider time, ILogger<AuditQueue> logger)
{
    private const int EventsMax = 8_192;
    private const int BatchMax = 512;
    private const int LastAttempts = 3;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long events are gathered: few transactions, for the changes themselves need the database more.</summary>
    private static readonly TimeSpan GatherTime = TimeSpan.FromMilliseconds(200);

    private readonly Channel<AuditEvent> _events =
        Channel.CreateBounded<AuditEvent>(new BoundedChannelOptions(EventsMax) { SingleReader = true });

    /// <summary>Adds an event. While the database is away they pile up; past the bound they go to the log instead.</summary>
    public void Add(AuditEvent item)
    {
        if (!_events.Writer.TryWrite(item))
        {
            Log([item]);
        }
    }

    /// <summary>Writes events until it is told to end, and then those that are left.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var ending = stopping.Register(() => _events.Writer.TryComplete());
        var batch = new List<AuditEvent>();

        // The end comes with the end of the queue, and not in the middle of what is in it.
        while (await _events.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await Task.Delay(GatherTime, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            while (batch.Count < BatchMax && _events.Reader.TryRead(out var item))
            {
                batch.Add(item);
            }

            await WriteAsync(batch, stopping);
            batch.Clear();
        }
    }

    private async Task WriteAsync(List<AuditEvent> batch, CancellationToken stopping)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await trail.AppendAsync(batch, CancellationToken.None);
                return;
            }
            catch (OsmoException failure)
            {
                if (stopping.IsCancellationRequested && attempt >= LastAttempts)
                {
                    Log(batch);
                    return;
                }

                GatewayLog.AuditDelayed(logger, failure.Message);
            }

            await Task.Delay(RetryInterval, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Log(IReadOnlyList<AuditEvent> events)
    {
        foreach (var item in events)
        {
            GatewayLog.AuditUnwritten(logger, item.Username, item.Action, item.Target, item.Address, item.RequestId);
        }
    }
}
