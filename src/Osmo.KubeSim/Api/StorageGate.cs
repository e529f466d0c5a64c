using Microsoft.AspNetCore.Http;
using Osmo.KubeSim.Faults;

namespace Osmo.KubeSim.Api;

/// <summary>Holds up requests that need etcd while it does not answer.</summary>
internal sealed class StorageGate(FaultPlan faults, KubeSimOptions options)
{
    public async Task PassAsync(HttpContext context, string verb)
    {
        if (!faults.StorageFrozen || verb == "watch" || (verb == "list" && context.Request.Query["resourceVersion"] == "0"))
        {
            // Served from the watch cache, which is in memory.
            return;
        }

        var cancel = context.RequestAborted;
        if (verb is "get" or "list")
        {
            await faults.StorageThawed.WaitAsync(cancel);
            return;
        }

        try
        {
            await faults.StorageThawed.WaitAsync(options.StorageTimeout, options.Time, cancel);
        }
        catch (TimeoutException)
        {
            throw new ApiException(FaultAnswer.StatusOf(FaultResponse.GatewayTimeout));
        }
    }
}
