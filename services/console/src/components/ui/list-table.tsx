import { ChevronRight } from "lucide-react";
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
  /** What the button is called that opens a row; its id where nothing is said. */
  rowName?: (row: T) => string;
  /** Stands below a row that is open. */
  detail?: (row: T) => ReactNode;
  onOpen?: (row: T) => void;
  openId?: string | null;
}

/** A table of tens of rows: all there, nothing virtual. */
export function ListTable<T>({ label, columns, rows, rowId, rowName = rowId, detail, onOpen, openId = null }: ListTableProps<T>) {
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
              <RowPair key={id} isOpen={isOpen} columns={columns} row={row} id={id} name={rowName(row)} onOpen={onOpen}>
                {isOpen && detail !== undefined ? detail(row) : null}
              </RowPair>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** The row's own click does it: this is for the keyboard, and for those who hear the page. */
function OpenButton({ name, isOpen }: { name: string; isOpen: boolean }) {
  return (
    <button type="button" aria-expanded={isOpen} aria-label={name} className="mr-1 inline-flex size-6 items-center justify-center rounded-tight align-middle text-faint hover:text-ink">
      <ChevronRight size={14} className={isOpen ? "rotate-90" : ""} aria-hidden="true" />
    </button>
  );
}

interface RowPairProps<T> {
  columns: ListColumn<T>[];
  row: T;
  id: string;
  name: string;
  isOpen: boolean;
  onOpen?: (row: T) => void;
  children: ReactNode;
}

function RowPair<T>({ columns, row, id, name, isOpen, onOpen, children }: RowPairProps<T>) {
  return (
    <>
      <tr
        data-row={id}
        onClick={onOpen === undefined ? undefined : () => onOpen(row)}
        className={`border-t border-line ${onOpen === undefined ? "" : "cursor-pointer hover:bg-hover"} ${isOpen ? "bg-accent-wash" : ""}`}
      >
        {columns.map((column, at) => (
          <td key={column.id} className={`truncate py-1.5 pr-4 ${at === 0 && onOpen !== undefined ? "pl-2" : "pl-4"} ${column.isNumber === true ? "numbers text-right" : ""}`}>
            {at === 0 && onOpen !== undefined ? <OpenButton name={name} isOpen={isOpen} /> : null}
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
