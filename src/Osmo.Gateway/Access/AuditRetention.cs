using Microsoft.Extensions.Logging;
using Osmo.Access.Auditing;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access;

/// <summary>Deletes events of the audit trail that are too old, in small batches, so that nobody waits for them.</summary>
internal sealed class AuditRetention(IAuditTrail trail, GatewayOptions options, TimeProvider time, ILogger<AuditRetention> logger)
{
    private const int BatchMax = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Between batches: the changes themselves need the database more.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Deletes until it is told to end.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        while (true)
        {
            var deleted = await DeleteAsync(stopping);
            await Task.Delay(deleted == BatchMax ? Pause : Interval, time, stopping);
        }
    }

    private async Task<int> DeleteAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await trail.DeleteAsync(time.GetUtcNow().AddDays(-options.AuditDays), BatchMax, cancellationToken);
        }
        catch (OsmoException failure)
        {
            GatewayLog.AuditUncut(logger, failure.Message);
            return 0;
        }
    }
}
