using System.Reflection;
using Orleans;
using Orleans.Runtime;
using Orleans.Serialization.Codecs;
using Osmo.Domain.Backends;
using Osmo.Domain.Errors;
using Osmo.Grains.Backends;

namespace Osmo.Unit.Tests.Serialization;

/// <summary>What the interfaces of grains and observers send: found by looking at them, so that nothing new is forgotten.</summary>
internal static class Contracts
{
    private static readonly Assembly Grains = typeof(IBackendGrain).Assembly;
    private static readonly Assembly Domain = typeof(BackendName).Assembly;

    /// <summary>The interfaces.</summary>
    public static IReadOnlyList<Type> Interfaces { get; } =
        [.. Grains.GetTypes().Where(type => type.IsInterface && type.IsAssignableTo(typeof(IAddressable)))];

    /// <summary>For each type that is written as another one: that one.</summary>
    public static IReadOnlyDictionary<Type, Type> Surrogates { get; } = Grains.GetTypes()
        .SelectMany(type => type.GetInterfaces().Append(type.BaseType!))
        .Where(type => type is { IsConstructedGenericType: true } && type.GetGenericTypeDefinition() is var form
            && (form == typeof(IConverter<,>) || form == typeof(GeneralizedReferenceTypeSurrogateCodec<,>)))
        .ToDictionary(type => type.GenericTypeArguments[0], type => type.GenericTypeArguments[1]);

    /// <summary>What methods take and return, as they declare it; without what Orleans itself brings.</summary>
    public static IReadOnlyList<Type> Values { get; } =
    [
        .. Interfaces
            .SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetParameters().Select(parameter => parameter.ParameterType).Append(ResultOf(method)))
            .Where(type => type != typeof(void) && type != typeof(CancellationToken) && !type.IsAssignableTo(typeof(IAddressable)))
            .Distinct(),
    ];

    /// <summary>Types of ours that are written when these values, or a failure, are sent: enums and parts of surrogates too.</summary>
    public static IReadOnlyList<Type> Written { get; } =
        [.. Reach([.. Values, typeof(OsmoException)]).OrderBy(type => type.FullName, StringComparer.Ordinal)];

    /// <summary>Those that others may use.</summary>
    public static IReadOnlyList<Type> Types { get; } = [.. Written.Where(type => type.IsPublic)];

    /// <summary>The parts that are written of a type: number, name and type.</summary>
    public static IEnumerable<(uint Id, string Name, Type Type)> PartsOf(Type type) =>
        from member in type.GetMembers(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)
        let id = member.GetCustomAttribute<IdAttribute>()
        where id is not null
        orderby id.Id
        select (id.Id, member.Name, member is PropertyInfo property ? property.PropertyType : ((FieldInfo)member).FieldType);

    /// <summary>The classes that can stand where an abstract one is declared.</summary>
    public static IEnumerable<Type> KindsOf(Type type) =>
        type.Assembly.GetTypes().Where(kind => kind.BaseType == type && kind.IsPublic);

    private static HashSet<Type> Reach(IEnumerable<Type> start)
    {
        var found = new HashSet<Type>();
        var waiting = new Queue<Type>(start);
        while (waiting.TryDequeue(out var type))
        {
            var parts = type.IsArray ? [type.GetElementType()!] : type.GenericTypeArguments;
            if (parts.Length == 0 && (type.Assembly == Grains || type.Assembly == Domain) && found.Add(type))
            {
                var written = Surrogates.GetValueOrDefault(type, type);
                parts = [.. PartsOf(written).Select(part => part.Type), .. written.IsAbstract ? KindsOf(written) : []];
            }

            foreach (var part in parts)
            {
                waiting.Enqueue(part);
            }
        }

        return found;
    }

    private static Type ResultOf(MethodInfo method)
    {
        var type = method.ReturnType;
        return type == typeof(Task) || type == typeof(ValueTask) ? typeof(void)
            : type.GetGenericTypeDefinition() is var form && (form == typeof(Task<>) || form == typeof(ValueTask<>)
                || form == typeof(IAsyncEnumerable<>)) ? type.GenericTypeArguments[0]
            : type;
    }
}
