using Microsoft.AspNetCore.Http;
using Osmo.Access.Auditing;

namespace Osmo.Gateway.Access;

/// <summary>What the audit trail says of a request.</summary>
internal static class RequestAudit
{
    private const int TargetCharsMax = 512;

    private static readonly object Written = new();

    /// <summary>The event of a change; whoever asks for it writes it, together with the change.</summary>
    /// <param name="context">The request.</param>
    /// <param name="time">The clock.</param>
    /// <param name="action">What is done.</param>
    /// <param name="target">What it is done to.</param>
    public static AuditEvent Take(HttpContext context, TimeProvider time, string action, string target)
    {
        context.Items[Written] = Written;
        var address = context.Connection.RemoteIpAddress;
        return new AuditEvent(
            time.GetUtcNow(),
            context.Features.Get<Caller>()?.Name ?? "",
            action,
            target.Length <= TargetCharsMax ? target : target[..TargetCharsMax],
            (address?.IsIPv4MappedToIPv6 == true ? address.MapToIPv4() : address)?.ToString() ?? "",
            context.TraceIdentifier);
    }

    /// <summary>Whether somebody has taken the request's event.</summary>
    public static bool IsTaken(HttpContext context) => context.Items.ContainsKey(Written);
}
