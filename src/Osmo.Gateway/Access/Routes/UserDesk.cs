using Microsoft.AspNetCore.Http;
using Osmo.Access.Auditing;
using Osmo.Access.Recognition;
using Osmo.Access.Tokens;
using Osmo.Access.Users;
using Osmo.Domain.Errors;

namespace Osmo.Gateway.Access.Routes;

/// <summary>Enters and removes users, and assigns them roles.</summary>
internal sealed class UserDesk(IAccessStore records, IUserStore users, AccessWatch watch, TimeProvider time)
{
    /// <summary>Everybody and everything, as the store has it now.</summary>
    public Task<AccessRecords> ReadAsync(CancellationToken cancellationToken) => records.ReadAsync(cancellationToken);

    /// <exception cref="OsmoException">There is no such user.</exception>
    public async Task<(StoredUser User, AccessRecords Records)> ReadAsync(string id, CancellationToken cancellationToken)
    {
        var all = await ReadAsync(cancellationToken);
        return all.Users.FirstOrDefault(user => user.Id == id) is { } user ? (user, all) : throw Missing(id);
    }

    public async Task<StoredUser> AddAsync(HttpContext context, Caller caller, string id, IReadOnlyList<string> roles)
    {
        if (UserRules.CheckId(id) is { } problem)
        {
            throw OsmoException.InvalidFields([new FieldError("id", problem)]);
        }

        await CheckRolesAsync(context, caller, roles);
        var now = time.GetUtcNow();
        var user = new StoredUser(
            id, now, caller.Name, [.. roles.Distinct(StringComparer.Ordinal).Select(role => new RoleAssignment(role, caller.Name, now))]);
        var audit = Audit(context, "create", $"user/{id}");
        if (!await users.AddAsync(user, audit, context.RequestAborted))
        {
            throw new BadHttpRequestException($"User {id} already exists.");
        }

        await watch.RefreshAsync(context.RequestAborted);
        return user;
    }

    public async Task RemoveAsync(HttpContext context, string id)
    {
        if (!await users.RemoveAsync(id, Audit(context, "delete", $"user/{id}"), context.RequestAborted))
        {
            throw Missing(id);
        }

        await watch.RefreshAsync(context.RequestAborted);
    }

    /// <summary>Assigns a role; whoever has it keeps it as it is.</summary>
    /// <exception cref="OsmoException">One of the users does not exist, and nobody was assigned it.</exception>
    public async Task AssignAsync(HttpContext context, Caller caller, IReadOnlyCollection<string> ids, string role)
    {
        await CheckRolesAsync(context, caller, [role]);
        var known = (await ReadAsync(context.RequestAborted)).Users;
        if (ids.FirstOrDefault(id => known.All(user => user.Id != id)) is { } missing)
        {
            throw Missing(missing);
        }

        if (known.Where(user => ids.Contains(user.Id)).Any(user => !user.Has(role) && user.Roles.Count >= UserRules.RolesMax))
        {
            throw new OsmoException(ErrorCode.Invalid, $"A user has at most {UserRules.RolesMax} roles.");
        }

        var audit = Audit(context, "assign", $"role/{role}/user/{string.Join(',', ids)}");
        await users.AssignAsync(ids, new RoleAssignment(role, caller.Name, time.GetUtcNow()), audit, context.RequestAborted);
        await watch.RefreshAsync(context.RequestAborted);
    }

    public async Task UnassignAsync(HttpContext context, string id, string role)
    {
        if (!await users.UnassignAsync(id, role, Audit(context, "unassign", $"role/{role}/user/{id}"), context.RequestAborted))
        {
            await ReadAsync(id, context.RequestAborted);
            throw new OsmoException(ErrorCode.NotFound, $"User {id} does not have the role {role}.");
        }

        await watch.RefreshAsync(context.RequestAborted);
    }

    private static OsmoException Missing(string id) => new(ErrorCode.NotFound, $"User {id} does not exist.");

    private AuditEvent Audit(HttpContext context, string action, string target) => RequestAudit.Take(context, time, action, target);

    private async Task CheckRolesAsync(HttpContext context, Caller caller, IReadOnlyList<string> roles)
    {
        // A role may have been made just now, at another gateway or in the request before.
        await watch.RefreshAsync(context.RequestAborted);
        if (roles.Count > UserRules.RolesMax)
        {
            throw new OsmoException(ErrorCode.Invalid, $"A user has at most {UserRules.RolesMax} roles.");
        }

        if (RoleGifts.Check(caller, roles, watch.Read().Roles) is { } problem)
        {
            throw new BadHttpRequestException(problem);
        }
    }
}
