import type { ReactNode } from "react";

export interface ListColumn<T> {
  id: string;
  label: string;
  /** A width of a CSS grid, such as "2fr" or "90px". */
  width: string;
  isNumber?: boolean;
  cell: (row: T) => ReactNode;
}

interface ListTableProps<T> {
  label: string;
  columns: ListColumn<T>[];
  rows: T[];
  rowId: (row: T) => string;
  /** Stands below a row that is open. */
  detail?: (row: T) => ReactNode;
  onOpen?: (row: T) => void;
  openId?: string | null;
}

/** A table of tens of rows: all there, nothing virtual. */
export function ListTable<T>({ label, columns, rows, rowId, detail, onOpen, openId = null }: ListTableProps<T>) {
  return (
    <div className="overflow-x-auto">
      <table aria-label={label} className="w-full min-w-[820px] table-fixed border-collapse text-body">
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr className="text-small text-faint">
            {columns.map((column) => (
              <th key={column.id} scope="col" className={`px-4 py-1.5 font-normal ${column.isNumber === true ? "text-right" : "text-left"}`}>
                {column.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => {
            const id = rowId(row);
            const isOpen = openId === id;
            return (
              <RowPair key={id} isOpen={isOpen} columns={columns} row={row} id={id} onOpen={onOpen}>
                {isOpen && detail !== undefined ? detail(row) : null}
              </RowPair>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface RowPairProps<T> {
  columns: ListColumn<T>[];
  row: T;
  id: string;
  isOpen: boolean;
  onOpen?: (row: T) => void;
  children: ReactNode;
}

function RowPair<T>({ columns, row, id, isOpen, onOpen, children }: RowPairProps<T>) {
  return (
    <>
      <tr
        data-row={id}
        onClick={onOpen === undefined ? undefined : () => onOpen(row)}
        className={`border-t border-line ${onOpen === undefined ? "" : "cursor-pointer hover:bg-hover"} ${isOpen ? "bg-accent-wash" : ""}`}
      >
        {columns.map((column) => (
          <td key={column.id} className={`truncate px-4 py-1.5 ${column.isNumber === true ? "numbers text-right" : ""}`}>
            {column.cell(row)}
          </td>
        ))}
      </tr>
      {children === null ? null : (
        <tr className="border-t border-line bg-canvas">
          <td colSpan={columns.length} className="px-4 py-3">
            {children}
          </td>
        </tr>
      )}
    </>
  );
}
